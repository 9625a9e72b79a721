import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type FilePath, parseFilePath } from '../../../src/core/ids.ts'
import { editScalars, retag } from '../../../src/core/manifest/edit.ts'
import { resolveMarkers } from '../../../src/core/manifest/resolve-markers.ts'
import { type ImageUse, type ManifestReading, readManifest } from '../../../src/core/manifest/workload.ts'
import { formatProblem, guaranteed, inFile } from '../../../src/core/parsed.ts'

type ReadFile = { readonly file: FilePath; readonly reading: ManifestReading }

const repository = (spec = 'image: ghcr.io/acme/web', metadata = 'name: web, namespace: flux-system', version = 'v1') =>
  `apiVersion: image.toolkit.fluxcd.io/${version}\nkind: ImageRepository\nmetadata: {${metadata}}\nspec: {${spec}}\n`
const policy = (
  spec = 'policy: {semver: {range: ~1.2}}',
  metadata = 'name: web, namespace: flux-system',
  version = 'v1',
): string =>
  `apiVersion: image.toolkit.fluxcd.io/${version}\nkind: ImagePolicy\nmetadata: {${metadata}}\nspec: {imageRepositoryRef: {name: web}, ${spec}}\n`
const automation = (spec: string): string =>
  `apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImageUpdateAutomation\nmetadata: {name: flux}\nspec: {${spec}}\n`
const deployment = (image: string, annotations = '', kind = 'Deployment'): string => `kind: ${kind}
metadata: {name: web, annotations: {${annotations}}}
spec:
  template:
    spec:
      containers:
        - name: app
          image: ${image}
`
const marked = (value: string, field = ''): string => `${value} # {"$imagepolicy": "flux-system:web${field}"}`
const good = 'ghcr.io/acme/web:1.2.0'

const read = (texts: Readonly<Record<string, string>>): readonly ReadFile[] =>
  Object.entries(texts).map(([file, text]) => ({ file: guaranteed(parseFilePath(file)), reading: readManifest(text) }))
const resolved = (texts: Readonly<Record<string, string>>): readonly ReadFile[] =>
  resolveMarkers(read(texts), () => 'all')
const usesOf = (files: readonly ReadFile[]): readonly ImageUse[] => files.flatMap(({ reading }) => reading.images)
const problemsOf = (files: readonly ReadFile[]): readonly string[] =>
  files.flatMap(({ file, reading }) => reading.problems.map((problem) => formatProblem(inFile(problem, file))))

suite('resolveMarkers follows a marker', () => {
  const rows: readonly [name: string, text: string, edited: string][] = [
    ['of a container', deployment(marked(good)), deployment(marked('ghcr.io/acme/web:1.3.0'))],
    ['in quotes', deployment(marked(`'${good}'`)), deployment(marked("'ghcr.io/acme/web:1.3.0'"))],
    ['without a tag', deployment(marked('ghcr.io/acme/web')), deployment(marked('ghcr.io/acme/web:1.3.0'))],
    [
      'of no known kind',
      `kind: Widget\nimage: ${marked(good)}\n`,
      `kind: Widget\nimage: ${marked('ghcr.io/acme/web:1.3.0')}\n`,
    ],
    [
      'of a tag and a name',
      `images:\n- newName: ${marked('ghcr.io/acme/web', ':name')}\n  newTag: ${marked('1.10', ':tag')}\n`,
      `images:\n- newName: ${marked('ghcr.io/acme/web', ':name')}\n  newTag: ${marked('1.3.0', ':tag')}\n`,
    ],
    [
      'of a tag in the values of a helm release',
      `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\nspec:\n  values:\n    image:\n      repository: ghcr.io/acme/web\n      tag: ${marked('v1', ':tag')}\n`,
      `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\nspec:\n  values:\n    image:\n      repository: ghcr.io/acme/web\n      tag: ${marked('1.3.0', ':tag')}\n`,
    ],
    [
      'of a tag deep in them',
      `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\nspec:\n  values:\n    a: {b: {c: [\n      ${marked('v1', ':tag')}\n      ]}}\n`,
      `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\nspec:\n  values:\n    a: {b: {c: [\n      ${marked('1.3.0', ':tag')}\n      ]}}\n`,
    ],
  ]
  for (const [name, text, edited] of rows) {
    test(name, () => {
      const files = resolved({ 'a.yaml': text, 'flux/p.yaml': policy(), 'flux/r.yaml': repository() })
      assert.deepEqual(problemsOf(files), [])
      const [use, ...others] = usesOf(files)
      assert.ok(use !== undefined && others.length === 0)
      assert.deepEqual(
        [use.automation.automated, use.automation.policy, use.image.host, use.image.path],
        [true, 'semver:~1.2', 'ghcr.io', 'acme/web'],
      )
      assert.equal(guaranteed(editScalars(text, [retag(use, '1.3.0')])), edited)
    })
  }

  for (const version of ['v1alpha2', 'v1beta1', 'v1beta2', 'v1']) {
    test(`by objects of ${version}`, () => {
      const objects = `${repository(undefined, undefined, version)}---\n${policy(undefined, undefined, version)}`
      assert.equal(
        usesOf(resolved({ 'a.yaml': deployment(marked(good)), 'o.yaml': objects }))[0]?.automation.automated,
        true,
      )
    })
  }

  test('by objects whose namespace is given elsewhere', () => {
    const objects = `${repository(undefined, 'name: web')}---\n${policy(undefined, 'name: web')}`
    assert.equal(
      usesOf(resolved({ 'a.yaml': deployment(marked(good)), 'o.yaml': objects }))[0]?.automation.automated,
      true,
    )
  })

  test('by the objects of its own cluster', () => {
    const files = read({
      'one/a.yaml': deployment(marked(good)),
      'one/o.yaml': `${repository()}---\n${policy()}`,
      'two/a.yaml': deployment(marked(good)),
      'two/o.yaml': `${repository()}---\n${policy('policy: {semver: {range: ^2}}')}`,
      'three/a.yaml': deployment(marked(good)),
    })
    const uses = usesOf(resolveMarkers(files, (file) => (file.startsWith('three/') ? undefined : file.slice(0, 3))))
    assert.deepEqual(
      uses.map(({ automation }) => [automation.automated, automation.policy]),
      [
        [true, 'semver:~1.2'],
        [true, 'semver:^2'],
        [false, undefined],
      ],
    )
  })
})

suite('resolveMarkers leaves alone, and says why,', () => {
  const instead = '(suspend the ImagePolicy and write a policy as an annotation of the workload)'
  const wrong = 'the ImagePolicy of the marker is for ghcr.io/acme/web, but here is'
  type Row = { readonly a?: string; readonly p?: string; readonly r?: string; readonly problem: string }
  const rows: Readonly<Record<string, Row>> = {
    'a policy that is not there': {
      p: '',
      problem:
        'a.yaml:8:41: there is no ImagePolicy flux-system:web for the marker (the ImagePolicy must stand in the paths of the same cluster, once)',
    },
    'a policy that is there twice': {
      p: `${policy()}---\n${policy()}`,
      problem:
        'a.yaml:8:41: there is more than one ImagePolicy flux-system:web for the marker (the ImagePolicy must stand in the paths of the same cluster, once)',
    },
    'a policy of another namespace': {
      p: policy(undefined, 'name: web, namespace: other'),
      problem:
        'a.yaml:8:41: there is no ImagePolicy flux-system:web for the marker (the ImagePolicy must stand in the paths of the same cluster, once)',
    },
    'a repository that is not there': {
      r: '',
      problem: 'p.yaml:1:1: there is no ImageRepository web for the ImagePolicy',
    },
    'a policy without an order': {
      p: policy('policy: {}'),
      problem: 'p.yaml:4:49: expected one of `semver`, `numerical` and `alphabetical` in spec.policy of an ImagePolicy',
    },
    'a policy of two orders': {
      p: policy('policy: {semver: {range: 1.x}, numerical: {order: asc}}'),
      problem: 'p.yaml:4:49: expected one of `semver`, `numerical` and `alphabetical` in spec.policy of an ImagePolicy',
    },
    'a policy without a range': {
      p: policy('policy: {semver: {}}'),
      problem: 'p.yaml:4:58: the ImagePolicy has no spec.policy.semver.range',
    },
    'a broken range': {
      p: policy('policy: {semver: {range: "~~1"}}'),
      problem: 'p.yaml:4:66: ',
    },
    'an order that nobody knows': {
      p: policy('policy: {newest: {}}'),
      problem: `p.yaml:4:58: the order \`newest\` cannot be followed in an ImagePolicy ${instead}`,
    },
    'an order that is none': {
      p: policy('policy: {numerical: {order: up}}'),
      problem: 'p.yaml:4:69: expected `numerical:asc` or `numerical:desc`, got `numerical:up`',
    },
    'a filter that is no pattern': {
      p: policy("filterTags: {pattern: '('}, policy: {semver: {range: 1.x}}"),
      problem: 'p.yaml:4:53: `(` is no regular expression',
    },
    'a filter that is a list': {
      p: policy("filterTags: {pattern: ['^v']}, policy: {semver: {range: 1.x}}"),
      problem: 'p.yaml:4:63: expected text for `pattern` in filterTags',
    },
    'a filter without its key': {
      p: policy("filterTags: '^v', policy: {semver: {range: 1.x}}"),
      problem: 'p.yaml:4:53: expected filterTags with a `pattern`',
    },
    'exclusions that are no list': {
      r: repository('image: ghcr.io/acme/web, exclusionList: "-rc"'),
      problem: 'r.yaml:4:48: expected a list of patterns for the exclusionList',
    },
    'a digest beside the tag': {
      p: policy('policy: {semver: {range: 1.x}}, digestReflectionPolicy: Always'),
      problem: `p.yaml:4:97: \`digestReflectionPolicy: Always\` cannot be followed in an ImagePolicy ${instead}`,
    },
    'an exclusion that is no pattern': {
      r: repository('image: ghcr.io/acme/web, exclusionList: ["-rc", "(?=a)"]'),
      problem: 'r.yaml:4:56: `(?=a)` is no regular expression',
    },
    'more exclusions than Flux takes': {
      r: repository(`image: ghcr.io/acme/web, exclusionList: [${'a, '.repeat(26)}]`),
      problem: 'r.yaml:4:48: expected at most 25 patterns in the exclusionList, got 26 (join them: `-rc|-beta`)',
    },
    'another image': { a: deployment(marked('nginx:1')), problem: `a.yaml:8:26: ${wrong} \`nginx:1\`` },
    'what is no image': { a: `a: ${marked('"<image>"')}\n`, problem: 'a.yaml:1:14: expected an image, got `<image>`' },
    'what is no tag': { a: `a: ${marked('a/b', ':tag')}\n`, problem: 'a.yaml:1:8: expected a tag, got `a/b`' },
    'a tag in the place of an image': {
      a: deployment(marked('web', ':tag')),
      problem: 'a.yaml:8:22: the marker is for a tag, but here is a reference',
    },
    'another name': { a: `a: ${marked('nginx', ':name')}\n`, problem: `a.yaml:1:10: ${wrong} \`nginx\`` },
    'a digest': {
      a: `a: ${marked('1.0', ':tag')}\nb: ${marked('sha256:0', ':digest')}\n`,
      problem:
        'a.yaml:2:13: a digest is not written: the tag that goes with it stays as it is (let the policy write a tag)',
    },
    'a kind that is never automated': {
      a: deployment(marked(good), '', 'Job'),
      problem:
        'a.yaml:8:41: the marker is ignored: a Job is not automated: its pod template cannot change once it is created',
    },
    'an annotation that speaks against it': {
      a: deployment(marked(good), 'fluxcd.io/automated: "false"'),
      problem: 'a.yaml:8:41: the marker is ignored: the annotations say `automated: "false"`',
    },
    'what Flux writes itself': {
      p: `${policy()}---\n${automation('interval: 1m')}`,
      problem:
        'p.yaml:6:1: the ImageUpdateAutomation flux writes the markers here: they are left to it (suspend it (spec.suspend: true) or remove it to have them released as the others)',
    },
  }
  for (const [name, { a = deployment(marked(good)), p = policy(), r = repository(), problem }] of Object.entries(
    rows,
  )) {
    test(name, () => {
      const files = resolved({ 'a.yaml': a, 'p.yaml': p, 'r.yaml': r })
      const [said, ...others] = problemsOf(files)
      assert.ok(said?.startsWith(problem), said)
      assert.deepEqual(others, [])
      assert.deepEqual(
        usesOf(files).filter(({ automation }) => automation.automated),
        [],
      )
    })
  }

  test('each thing once, however many markers hang on it', () => {
    const texts = {
      'a.yaml': deployment(marked(good)),
      'b.yaml': deployment(marked(good)),
      'p.yaml': policy('policy: {}'),
    }
    assert.deepEqual(problemsOf(resolved({ ...texts, 'r.yaml': repository() })), [
      'p.yaml:4:49: expected one of `semver`, `numerical` and `alphabetical` in spec.policy of an ImagePolicy',
    ])
  })
})

suite('resolveMarkers says as a policy', () => {
  const signed = String.raw` exclude=^.*\.sig$`
  const rows: readonly (readonly [spec: string, text: string, exclusions?: string])[] = [
    ['policy: {semver: {range: 1.x}}', 'semver:1.x'],
    ["policy: {semver: {range: 1.x}}, filterTags: {pattern: '.*'}", 'semver:1.x'],
    ['policy: {numerical: {order: asc}}', `numerical:asc${signed}`],
    ['policy: {numerical: {}}', `numerical:asc${signed}`],
    ['policy: {numerical: {order: desc}}', 'numerical:desc', '[]'],
    ['policy: {alphabetical: {order: desc}}', 'alphabetical:desc exclude=-rc exclude="a b"', '["-rc", "a b"]'],
    ['policy: {semver: {range: 1.x}}', 'semver:1.x exclude=-rc', '["-rc"]'],
    [
      "policy: {semver: {range: '>=1.0 <2'}}, filterTags: {pattern: '^v(?P<v>.*)$', extract: $v}",
      'semver:>=1.0 <2 filter=^v(?P<v>.*)$ extract=$v',
      '[]',
    ],
    [
      "policy: {numerical: {order: asc}}, filterTags: {pattern: '^main-[a-f0-9]+-(?P<ts>[0-9]+)', extract: '$ts'}",
      `numerical:asc filter=^main-[a-f0-9]+-(?P<ts>[0-9]+) extract=$ts${signed}`,
    ],
    ["policy: {alphabetical: {order: asc}}, filterTags: {pattern: 'RELEASE'}", 'alphabetical:asc filter=RELEASE', '[]'],
  ]
  for (const [spec, text, exclusions] of rows) {
    test(`${spec}${exclusions === undefined ? '' : ` without ${exclusions}`}`, () => {
      const excluded = exclusions === undefined ? '' : `, exclusionList: ${exclusions}`
      const r = repository(`image: ghcr.io/acme/web${excluded}`)
      const files = resolved({ 'a.yaml': deployment(marked(good)), 'p.yaml': policy(spec), 'r.yaml': r })
      assert.deepEqual([usesOf(files)[0]?.automation.policy, problemsOf(files)], [text, []])
    })
  }
})

suite('resolveMarkers, beside what others say,', () => {
  const objects = { 'p.yaml': policy(), 'r.yaml': repository() }

  test('holds what an annotation has locked', () => {
    const files = resolved({ ...objects, 'a.yaml': deployment(marked(good), 'fluxcd.io/locked: "true"') })
    assert.deepEqual(usesOf(files)[0]?.automation.locked, {})
  })

  test('counts the marker before the annotation, and says so', () => {
    const files = resolved({ ...objects, 'a.yaml': deployment(marked(good), 'fluxcd.io/tag.app: "glob:*"') })
    assert.equal(usesOf(files)[0]?.automation.policy, 'semver:~1.2')
    assert.deepEqual(problemsOf(files), [
      'a.yaml:8:41: the annotations say `glob:*` and the marker says `semver:~1.2`, which counts (keep one of them)',
    ])
  })

  for (const [what, suspended] of Object.entries({
    policy: { 'p.yaml': policy('suspend: true, policy: {semver: {range: ~1.2}}') },
    repository: { 'r.yaml': repository('image: ghcr.io/acme/web, suspend: true') },
    'repository in the words of YAML 1.1': { 'r.yaml': repository('image: ghcr.io/acme/web, suspend: yes') },
  })) {
    test(`rests while the ${what} is suspended`, () => {
      const files = resolved({ ...objects, 'a.yaml': deployment(marked(good)), ...suspended })
      assert.deepEqual([usesOf(files)[0]?.automation.automated, problemsOf(files)], [false, []])
    })
  }

  for (const spec of ['suspend: true', 'update: {path: ./other/}', 'update: {path: a.yam}']) {
    test(`follows a marker where Flux does not: ${spec}`, () => {
      const files = resolved({ ...objects, 'a.yaml': deployment(marked(good)), 'u.yaml': automation(spec) })
      assert.deepEqual([usesOf(files)[0]?.automation.automated, problemsOf(files)], [true, []])
    })
  }

  test('changes no file without markers', () => {
    const files = read({ 'a.yaml': deployment(good), ...objects })
    assert.equal(
      resolveMarkers(files, () => 'all'),
      files,
    )
  })
})
