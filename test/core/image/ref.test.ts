import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { imageName, parseImageName, parseImageRef, withTag } from '../../../src/core/image/ref.ts'
import { guaranteed } from '../../../src/core/parsed.ts'

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`

suite('parseImageRef reads', () => {
  const rows: readonly [written: string, name: string, tag?: string | undefined, digest?: string][] = [
    ['nginx', 'docker.io/library/nginx'],
    ['nginx:1.2', 'docker.io/library/nginx', '1.2'],
    ['library/nginx:1.2', 'docker.io/library/nginx', '1.2'],
    ['docker.io/nginx:1.2', 'docker.io/library/nginx', '1.2'],
    ['index.docker.io/library/nginx', 'docker.io/library/nginx'],
    ['registry-1.docker.io/weaveworks/flux:1', 'docker.io/weaveworks/flux', '1'],
    ['weaveworks/helloworld:master-a000001', 'docker.io/weaveworks/helloworld', 'master-a000001'],
    ['quay.io/weaveworks/pr-assigner:master-1234567', 'quay.io/weaveworks/pr-assigner', 'master-1234567'],
    ['eu.gcr.io/project/team/app:V_1.2-rc', 'eu.gcr.io/project/team/app', 'V_1.2-rc'],
    ['localhost/app', 'localhost/app'],
    ['localhost:5000/mariadb:10', 'localhost:5000/mariadb', '10'],
    ['myrepo:5000/img:tag', 'myrepo:5000/img', 'tag'],
    ['myrepo:5000/img', 'myrepo:5000/img'],
    ['[::1]:5000/img:1', '[::1]:5000/img', '1'],
    ['GCR.io/project/app', 'gcr.io/project/app'],
    [`nginx@${digest}`, 'docker.io/library/nginx', undefined, digest],
    [`localhost:5000/app:1.2@${digest}`, 'localhost:5000/app', '1.2', digest],
    ['a__b/c--d/e.f_g', 'docker.io/a__b/c--d/e.f_g'],
    [`app:${'a'.repeat(128)}`, 'docker.io/library/app', 'a'.repeat(128)],
  ]
  for (const [written, name, tag, digest] of rows) {
    test(written, () => {
      const ref = guaranteed(parseImageRef(written))
      assert.deepEqual(
        { name: imageName(ref), tag: ref.tag, digest: ref.digest, written: ref.written },
        { name, tag, digest, written },
      )
    })
  }
})

suite('parseImageRef refuses', () => {
  const rows: readonly [text: string, because: RegExp][] = [
    ['', /it is empty/],
    [':tag', /a part of its path is empty/],
    ['/leading/slash', /a part of its path is empty/],
    ['trailing/slash/', /a part of its path is empty/],
    ['gcr.io/', /a part of its path is empty/],
    ['a//b', /a part of its path is empty/],
    ['nginx:', /`` is not a tag/],
    ['nginx:-1', /is not a tag/],
    ['nginx:1.2+build', /is not a tag/],
    [`nginx:${'a'.repeat(129)}`, /is not a tag/],
    ['nginx@sha256:12', /is not a digest/],
    ['nginx@', /is not a digest/],
    ['Nginx', /must be lower-case/],
    ['gcr.io/Project/app', /must be lower-case/],
    ['nginx:1.2/foo', /`nginx:1.2` is not a registry host/],
    ['-a.io/foo', /is not a registry host/],
    [' nginx', /its path may have/],
    ['nginx\n', /its path may have/],
    ['{{ .Values.image }}', /expected an image/],
    ['${IMAGE}:1', /expected an image/],
    ['a___b', /its path may have/],
    ['a/'.repeat(140) + 'a', /longer than 255/],
  ]
  for (const [text, because] of rows) {
    test(JSON.stringify(text.slice(0, 40)), () => {
      const result = parseImageRef(text)
      assert.equal(result.ok, false)
      assert.match(result.problems[0].message, because)
    })
  }
})

suite('withTag keeps the registry and path as written', () => {
  const rows: readonly [written: string, tag: string, expected: string][] = [
    ['nginx', '1.10-alpine', 'nginx:1.10-alpine'],
    ['docker.io/nginx:1', '2', 'docker.io/nginx:2'],
    ['localhost:5000/app', '2', 'localhost:5000/app:2'],
    ['GCR.io/project/app:1', '2', 'GCR.io/project/app:2'],
    [`app:1@${digest}`, '2', 'app:2'],
  ]
  for (const [written, tag, expected] of rows) {
    test(`${written} with ${tag}`, () => assert.equal(withTag(guaranteed(parseImageRef(written)), tag), expected))
  }
})

test('parseImageName reads a canonical name as itself and refuses tags and digests', () => {
  assert.equal(guaranteed(parseImageName('docker.io/library/nginx')), 'docker.io/library/nginx')
  assert.equal(guaranteed(parseImageName('nginx')), 'docker.io/library/nginx')
  assert.equal(parseImageName('nginx:1').ok, false)
  assert.equal(parseImageName(`nginx@${digest}`).ok, false)
})

const segment = fc.stringMatching(/^[a-z0-9]{1,5}(?:[._-][a-z0-9]{1,5})?$/)
const host = fc.constantFrom('', 'gcr.io/', 'localhost:5000/', 'docker.io/', 'localhost/')
const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/)
const name = fc.tuple(host, fc.array(segment, { minLength: 1, maxLength: 3 })).map(([h, s]) => h + s.join('/'))

test('an image with another tag is the same image with that tag, and what is written parses as itself', () => {
  fc.assert(
    fc.property(name, fc.option(tag), tag, (name, old, tag) => {
      const before = guaranteed(parseImageRef(old === null ? name : `${name}:${old}`))
      const after = guaranteed(parseImageRef(withTag(before, tag)))
      assert.equal(imageName(after), imageName(before))
      assert.equal(after.tag, tag)
      assert.equal(after.written, `${name}:${tag}`)
      assert.equal(guaranteed(parseImageName(imageName(before))), imageName(before))
    }),
  )
})

test('parseImageRef never throws, whatever it is given', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      parseImageRef(text)
    }),
  )
})
