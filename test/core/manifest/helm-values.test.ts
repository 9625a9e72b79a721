import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { editScalars, retag } from '../../../src/core/manifest/edit.ts'
import { type ImageUse, readManifest } from '../../../src/core/manifest/workload.ts'
import { formatProblem, guaranteed } from '../../../src/core/parsed.ts'

function helmRelease(
  values: string,
  options: { readonly annotations?: string; readonly version?: string } = {},
): string {
  const indented = values.replaceAll(/^/gm, '    ').trimStart()
  const annotations = (options.annotations ?? '{}').replaceAll(/^/gm, '    ').trimStart()
  return `apiVersion: ${options.version ?? 'helm.fluxcd.io/v1'}
kind: HelmRelease
metadata:
  name: demo
  namespace: demo
  annotations:
    ${annotations}
spec:
  chart: {repository: https://charts.example.com, name: demo, version: 1.0.0}
  values:
    ${indented}
`
}

const images = (text: string): readonly string[] =>
  readManifest(text).images.map(({ container, image }: ImageUse) => `${container} ${image.written}`)

const problems = (text: string): readonly string[] => readManifest(text).problems.map(formatProblem)

suite('the shapes of an image in the values of a HelmRelease', () => {
  const rows: readonly [values: string, image: string, edited: string][] = [
    ['image: repo/app', 'repo/app', 'image: repo/app:2.0'],
    ['image: repo/app:1', 'repo/app:1', 'image: repo/app:2.0'],
    ['image: repo/app\ntag: "1"', 'repo/app:1', 'image: repo/app\ntag: "2.0"'],
    ['registry: quay.io\nimage: repo/app', 'quay.io/repo/app', 'registry: quay.io\nimage: repo/app:2.0'],
    ['registry: quay.io\nimage: repo/app:1', 'quay.io/repo/app:1', 'registry: quay.io\nimage: repo/app:2.0'],
    ['registry: quay.io\nimage: app\ntag: v1', 'quay.io/app:v1', 'registry: quay.io\nimage: app\ntag: "2.0"'],
    ['image:\n  repository: repo/app:1', 'repo/app:1', 'image:\n  repository: repo/app:2.0'],
    ['image: {repository: a/b, tag: v1}', 'a/b:v1', 'image: {repository: a/b, tag: "2.0"}'],
    ['image: {registry: quay.io, repository: b}', 'quay.io/b', 'image: {registry: quay.io, repository: b:2.0}'],
    [
      "image:\n  registry: localhost:5000\n  repository: mariadb\n  tag: '1'",
      'localhost:5000/mariadb:1',
      "image:\n  registry: localhost:5000\n  repository: mariadb\n  tag: '2.0'",
    ],
    ['image: repo/app\ntag: 1.10', 'repo/app:1.10', 'image: repo/app\ntag: "2.0"'],
    ['image: repo/app\ntag: 0755', 'repo/app:0755', 'image: repo/app\ntag: "2.0"'],
    ['image: repo/app\ntag: ""', 'repo/app', 'image: repo/app\ntag: "2.0"'],
    ['image: repo/app\ntag: ~', 'repo/app', 'image: repo/app\ntag: "2.0"'],
    ['image: repo/app\nregistry: 5', 'repo/app', 'image: repo/app:2.0\nregistry: 5'],
  ]
  for (const [values, image, edited] of rows) {
    test(JSON.stringify(values), () => {
      for (const version of ['helm.fluxcd.io/v1', 'flux.weave.works/v1beta1']) {
        const text = helmRelease(values, { version })
        const [use, ...others] = readManifest(text).images
        assert.ok(use !== undefined)
        assert.deepEqual(
          [use.workload, use.container, use.image.written],
          ['demo:helmrelease/demo', 'chart-image', image],
        )
        assert.deepEqual(others, [])
        assert.equal(guaranteed(editScalars(text, [retag(use, '2.0')])), helmRelease(edited, { version }))
      }
    })
  }
})

suite('findInValues', () => {
  test('finds an image at the top and in each section, by name', () => {
    const values = `ZZZ: {image: {registry: r.com, repository: h, tag: v}}
image: repo/top:v
AAA: {image: repo/a, tag: v}
DDD: {image: {repository: repo/d}}
other: {nested: {image: repo/deep:v}}
list: [{image: repo/item:v}]
text: image
`
    const expected = ['chart-image repo/top:v', 'AAA repo/a:v', 'DDD repo/d', 'ZZZ r.com/h:v']
    assert.deepEqual(images(helmRelease(values)), expected)
  })

  const nothing = ['image: {tag: v1}', 'image: [a]', 'image: ""', 'replicas: 1', 'image: {repository: {a: b}}', '{}']
  for (const values of nothing) {
    test(`finds nothing in ${values}`, () =>
      assert.deepEqual(readManifest(helmRelease(values)), { images: [], problems: [] }))
  }

  test('reads a digest beside the tag, so that the image is known to be pinned', () => {
    const [use] = readManifest(
      helmRelease(`image: {repository: a, tag: v1, digest: "sha256:${'a'.repeat(64)}"}`),
    ).images
    assert.equal(use?.image.digest, `sha256:${'a'.repeat(64)}`)
  })

  for (const version of ['v2', 'v2beta1', 'v2beta2']) {
    test(`finds the inline values of helm.toolkit.fluxcd.io/${version}`, () => {
      const text = helmRelease('image: a:1\nweb: {image: {repository: b, tag: 1.10}}', {
        version: `helm.toolkit.fluxcd.io/${version}`,
      })
      assert.deepEqual(images(text), ['chart-image a:1', 'web b:1.10'])
    })
  }

  for (const version of ['helm.integrations.flux.weave.works/v1alpha2', 'v1', 'x.helm.fluxcd.io/v1']) {
    test(`leaves a HelmRelease of ${version} alone`, () =>
      assert.deepEqual(images(helmRelease('image: a:1', { version })), []))
  }

  const beside: readonly [values: string, edited: string][] = [
    ['image: repo/app:1\ntag: ""', 'image: repo/app:2.0\ntag: ""'],
    ['image: {repository: localhost:5000/app, tag: ""}', 'image: {repository: localhost:5000/app, tag: "2.0"}'],
    ['image: {repository: "a:1", tag: ~}', 'image: {repository: "a:2.0", tag: ~}'],
  ]
  for (const [values, edited] of beside) {
    test(`gives an image no second tag: ${JSON.stringify(values)}`, () => {
      const text = helmRelease(values)
      const edits = readManifest(text).images.map((use) => retag(use, '2.0'))
      assert.equal(guaranteed(editScalars(text, edits)), helmRelease(edited))
    })
  }

  test('follows annotations that map a container to a place below the values', () => {
    const annotations = `repository.fluxcd.io/app: deep.er.name
registry.fluxcd.io/app: deep.registry
tag.fluxcd.io/app: deep.version
repository.fluxcd.io/AAA: top
filter.fluxcd.io/app: semver:~1
fluxcd.io/automated: "true"`
    const text = helmRelease('deep: {registry: quay.io, version: 1.10, er: {name: a/b}}\nAAA: {image: x:1}\ntop: y:1', {
      annotations,
    })
    assert.deepEqual(images(text), ['AAA y:1', 'app quay.io/a/b:1.10'])
    assert.deepEqual(problems(text), [])
    const use = readManifest(text).images.find(({ container }) => container === 'app')
    assert.deepEqual([use?.holds, use?.text, use?.automation.policy], ['tag', '1.10', 'semver:~1'])
  })

  test('says when a mapped place is not there', () => {
    const annotations = 'repository.fluxcd.io/app: values.image\nfluxcd.io/automated: "true"'
    assert.deepEqual(problems(helmRelease('image: {a: b}', { annotations })), [
      '7:31: `repository.fluxcd.io/app` names no text in spec.values: `values.image` (write the path below spec.values with dots, like app.image.repository)',
      '1:1: the HelmRelease is automated, but names no image',
    ])
  })

  const astray: readonly [annotation: string, problem: string][] = [
    ['registry.fluxcd.io/app: deep.host', '`registry.fluxcd.io/app` names no text in spec.values: `deep.host`'],
    ['registry.fluxcd.io/app: deep', '`registry.fluxcd.io/app` names no text in spec.values: `deep`'],
    ['tag.fluxcd.io/app: deep.version.tag', '`tag.fluxcd.io/app` names no text in spec.values: `deep.version.tag`'],
  ]
  for (const [annotation, problem] of astray) {
    test(`takes no other image where a part of it is lost: ${annotation}`, () => {
      const annotations = `repository.fluxcd.io/app: deep.name\n${annotation}`
      const text = helmRelease('deep: {registry: quay.io, name: a/b, version: 1.10}', { annotations })
      assert.deepEqual(images(text), [])
      assert.deepEqual(problems(text).length, 1)
      assert.ok(problems(text)[0]?.startsWith(`8:`) && problems(text)[0]?.includes(problem), problems(text)[0])
    })
  }

  test('takes a mapped tag or registry that is empty for none', () => {
    const annotations = 'repository.fluxcd.io/app: name\nregistry.fluxcd.io/app: host\ntag.fluxcd.io/app: tag'
    assert.deepEqual(images(helmRelease('name: a/b\nhost: ""\ntag: ~', { annotations })), ['app a/b'])
  })

  test('says when image and tag together are no image', () => {
    assert.deepEqual(problems(helmRelease('image: a:1\ntag: "2"')), [
      '12:10: expected an image, got `a:1:2`: its path may have lower-case letters, digits and single `.`, `_`, `-` between them',
    ])
  })
})
