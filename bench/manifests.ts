/** Where the tag goes; everything around it must stay. */
const tag = '@TAG@'

export type Sample = {
  readonly style: string
  readonly before: string
  /** Made from the same template, not by any editor: `before` with the tag changed and nothing else. */
  readonly after: string
  readonly image: string
}

/** Manifests of two documents each, `each` of every style; the same in every run. */
export function manifests(each: number, tags: { readonly from: string; readonly to: string }): readonly Sample[] {
  return Object.entries(styles).flatMap(([style, write]) =>
    Array.from({ length: each }, (_, n) => {
      const image = `registry.example.com/team-${n % 7}/app-${n}`
      const template = write({ n, image, old: `${image}:${tags.from}` })
      return {
        style,
        image,
        before: template.replaceAll(tag, tags.from),
        after: template.replaceAll(tag, tags.to),
      }
    }),
  )
}

type Variables = { readonly n: number; readonly image: string; readonly old: string }

/** How people and tools write YAML. The first is what the `yaml` package itself would print. */
const styles: Readonly<Record<string, (variables: Variables) => string>> = {
  'as the yaml package prints': ({ n, image }) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${n}
spec:
  replicas: ${1 + (n % 5)}
  template:
    spec:
      containers:
        - name: app
          image: ${image}:${tag}
          args:
            - serve
---
${service(n)}`,

  'lists not indented (kubectl, helm)': ({ n, image }) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${n}
spec:
  template:
    spec:
      containers:
      - name: app
        image: ${image}:${tag}
        ports:
        - containerPort: 8080
---
${service(n)}`,

  'aligned comments': ({ n, image }) => `# Owned by team ${n % 7}.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${n}
spec:
  replicas: ${1 + (n % 5)}        # by hand, no autoscaler
  template:
    spec:
      containers:
        - name: app             # the only one
          image: ${image}:${tag}   # released by policy
---
${service(n)}`,

  'the old reference in a comment': ({ n, image, old }) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${n}
spec:
  template:
    spec:
      containers:
        # ${old} was the first that we ran.
        - name: app
          image: ${image}:${tag}
---
${service(n)}`,

  'quotes of both kinds': ({ n, image }) => `apiVersion: "apps/v1"
kind: 'Deployment'
metadata:
  name: 'app-${n}'
  annotations: {"prometheus.io/scrape": 'true'}
spec:
  template:
    spec:
      containers:
        - name: "app"
          image: "${image}:${tag}"
---
${service(n)}`,

  'flow style': ({ n, image }) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: app-${n}, labels: {app: app-${n}}}
spec:
  template:
    spec:
      containers: [{name: app, image: '${image}:${tag}', args: [serve,--port,"8080"]}]
---
${service(n)}`,

  'long lines': ({ n, image }) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${n}
  annotations:
    description: this is the application number ${n}, which answers requests of customers and writes what they asked into its log
spec:
  template:
    spec:
      containers:
        - name: app
          image: ${image}:${tag}
---
${service(n)}`,

  'blank lines and spaces at line ends': ({ n, image }) => `---

apiVersion: apps/v1
kind: Deployment


metadata:
  name: app-${n}  
spec:
  template:
    spec:
      containers:

        - name: app
          image: ${image}:${tag}


---

${service(n)}
`,

  'block scalars and anchors': ({ n, image }) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: &name app-${n}
  labels: { app: *name }
spec:
  template:
    spec:
      containers:
        - name:   *name
          image:  ${image}:${tag}
          command:
            - sh
            - -c
            - >-
              exec serve
              --verbose

---
apiVersion: v1
kind: ConfigMap
metadata:
  name: app-${n}
data:
  mode: "0755"
  run.sh: |+
    echo one

`,

  'line ends of Windows': (variables) => crlf(styles['aligned comments']?.(variables) ?? ''),
}

function service(n: number): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: app-${n}
spec:
  selector:
    app: app-${n}
`
}

function crlf(text: string): string {
  return text.replaceAll('\n', '\r\n')
}
