import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { ImageLabels } from '../../../src/core/image/manifest-content.ts'
import { type SourceLink, sourceLink } from '../../../src/core/release/source-link.ts'

const source = 'https://github.com/acme/demo'
const [one, two] = ['1'.repeat(40), '2'.repeat(40)]

describe('sourceLink', () => {
  const rows: readonly (readonly [string, ImageLabels | undefined, ImageLabels | undefined, SourceLink | undefined])[] =
    [
      [
        'compares two commits of one repository',
        { source, revision: one },
        { source, revision: two },
        { kind: 'comparison', text: '1111111...2222222', url: `${source}/compare/${one}...${two}` },
      ],
      [
        'takes one repository in another spelling for the same',
        { source: `${source}.git`, revision: 'v1.2.0' },
        { source: `${source}/`, revision: 'v1.2.1' },
        { kind: 'comparison', text: 'v1.2.0...v1.2.1', url: `${source}/compare/v1.2.0...v1.2.1` },
      ],
      [
        'shows the new commit where the old one is of another repository',
        { source: 'https://github.com/acme/other', revision: one },
        { source, revision: two },
        { kind: 'revision', text: 'acme/demo@2222222', url: `${source}/tree/${two}` },
      ],
      [
        'shows the new commit where the old one is not known',
        undefined,
        { source, revision: two },
        { kind: 'revision', text: 'acme/demo@2222222', url: `${source}/tree/${two}` },
      ],
      [
        'knows what was built again',
        { source, revision: two },
        { source, revision: two },
        { kind: 'same-revision', text: 'acme/demo@2222222', url: `${source}/tree/${two}` },
      ],
      [
        'shows the repository where no revision is said',
        { source, revision: one },
        { source },
        { kind: 'repository', text: 'acme/demo', url: source },
      ],
      ['is nothing where no source is said', { source, revision: one }, { revision: two }, undefined],
      ['is nothing where nothing is said', undefined, undefined, undefined],
    ]
  for (const [name, from, to, expected] of rows) {
    test(name, () => assert.deepEqual(sourceLink(from, to), expected))
  }

  const foreign = [
    'http://github.com/acme/demo',
    'https://github.com.evil.com/acme/demo',
    'https://evil.com/acme/demo',
    'https://evil.com/?https://github.com/acme/demo',
    'https://github.com@evil.com/acme/demo',
    'https://user:pass@github.com/acme/demo',
    'https://github.com:8443/acme/demo',
    'https://github.com/acme',
    'https://github.com/acme/..',
    'https://github.com/acme/demo/issues/1',
    'https://github.com/acme/demo?x=y',
    'https://github.com/acme/demo)](https://evil.com',
    'https://github.com/acme/demo\n',
    'javascript:alert(1)//github.com/acme/demo',
    'git@github.com:acme/demo.git',
    'a.b.ghe.com',
  ]
  for (const source of foreign) {
    test(`links to nothing for ${JSON.stringify(source)}`, () => {
      assert.equal(sourceLink(undefined, { source, revision: one }), undefined)
    })
  }

  for (const revision of ['', '-x', '../..', 'a..b', 'a b', 'a/b', 'a)b', 'a|b', '@x', `${'x'.repeat(101)}`]) {
    test(`makes no link of the revision ${JSON.stringify(revision)}`, () => {
      assert.equal(sourceLink(undefined, { source, revision })?.kind, 'repository')
    })
  }

  test('has only what a link and a code span can hold, whatever the labels say', () => {
    const label = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(source, 'v1', one, `${source}.git`))
    const labels = fc.record({ source: label, revision: label })
    fc.assert(
      fc.property(labels, labels, (from, to) => {
        const link = sourceLink(from, to)
        if (link === undefined) return
        assert.match(link.url, /^https:\/\/github\.com\/[\w.-]+\/[\w.-]+(?:\/(?:tree|compare)\/[\w.-]+)?$/)
        assert.match(link.text, /^[\w.@/-]+$/)
      }),
    )
  })
})
