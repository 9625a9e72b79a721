import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { GroupRule, MergeRule } from '../../../src/core/config/configuration.ts'
import { parsePullNumber } from '../../../src/core/ids.ts'
import { workloadId } from '../../../src/core/manifest/resource.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { type ReleaseGroup, groupChanges } from '../../../src/core/release/group.ts'
import { markerOf, parseReleaseMarker } from '../../../src/core/release/marker.ts'
import type { Change, TagFacts } from '../../../src/core/release/plan.ts'
import {
  type TextRules,
  commitMessage,
  pullRequestText,
  releaseTitle,
  withOthersText,
} from '../../../src/core/release/pull-request-text.ts'
import { releaseRules } from '../../support/facts.ts'
import { type ChangeSaid, change } from '../../support/releases.ts'

const source = 'https://github.com/acme/demo-service'
const facts = {
  from: { digest: `sha256:${'a'.repeat(64)}`, labels: { source, revision: '1'.repeat(40) } },
  to: {
    digest: `sha256:${'b'.repeat(64)}`,
    created: '2026-11-20T10:14:07.123+01:00',
    labels: { source, revision: '2'.repeat(40) },
  },
}
const helm: ChangeSaid = {
  workload: 'demo:helmrelease/demo-service',
  container: 'chart-image',
  file: 'clusters/production/demo-service.yaml',
  line: 20,
}
const nginx: ChangeSaid = { container: 'proxy', image: 'nginx', from: '1.26', to: '1.27', policy: 'glob:1.*', line: 14 }

function group(changes: readonly Change[], rule: GroupRule = 'image'): ReleaseGroup {
  const [first, ...others] = groupChanges(changes, () => rule)
  assert.ok(first !== undefined && others.length === 0)
  return first
}

const rules = (merge: MergeRule = 'auto', said: Partial<TextRules> = {}): TextRules => ({
  release: { ...releaseRules, merge },
  commitPrefix: '',
  today: '2026-11-23',
  ...said,
})

describe('releaseTitle', () => {
  const rows: readonly (readonly [string, readonly ChangeSaid[], string, string])[] = [
    ['names image and tag', [{}, helm], '', 'Auto-release eu.gcr.io/project/demo-service:1.2.1'],
    ['names an image as the manifest does', [nginx], '', 'Auto-release nginx:1.27'],
    ['counts several images', [{}, helm, nginx], '', 'Auto-release multiple (2) images'],
    ['counts several tags of one image', [{}, { ...helm, to: '1.3.0' }], '', 'Auto-release multiple (2) images'],
    ['begins with the prefix', [nginx], 'chore(release):', 'chore(release): Auto-release nginx:1.27'],
    ['puts one blank behind the prefix', [nginx], '[gitops] ', '[gitops] Auto-release nginx:1.27'],
  ]
  for (const [name, said, prefix, title] of rows) {
    test(name, () => assert.equal(releaseTitle(group(said.map(change), 'all'), prefix), title))
  }

  test('is no longer than GitHub takes', () => {
    const long = change({ image: `eu.gcr.io/${'x'.repeat(240)}`, to: '9'.repeat(128) })
    assert.ok(releaseTitle(group([long]), 'p'.repeat(60)).length <= 256)
  })
})

describe('commitMessage', () => {
  test('says what moves for a single image', () => {
    assert.equal(
      commitMessage(group([change(), change({ ...helm, from: undefined })]), 'chore: '),
      `chore: Auto-release eu.gcr.io/project/demo-service:1.2.1

- demo:helmrelease/demo-service chart-image: (no tag) -> 1.2.1
- demo:deployment/web web: 1.2.0 -> 1.2.1
`,
    )
  })

  test('lists several images, sorted', () => {
    const images = [nginx, {}, { ...helm, image: 'eu.gcr.io/project/b', to: 'v10' }]
    assert.equal(
      commitMessage(group(images.map(change), 'all'), ''),
      `Auto-release multiple (3) images

- eu.gcr.io/project/b:v10
- eu.gcr.io/project/demo-service:1.2.1
- nginx:1.27

- demo:deployment/web proxy: 1.26 -> 1.27
- demo:helmrelease/demo-service chart-image: 1.2.0 -> v10
- demo:deployment/web web: 1.2.0 -> 1.2.1
`,
    )
  })

  test('keeps what a manifest says from doing anything in a commit', () => {
    const message = commitMessage(group([hostile('x\n\nfixes #1 @team [skip ci]')]), '')
    assert.doesNotMatch(message, /^fixes|#1|@team|\[skip ci\]/m)
  })
})

/** As a person who reviews it gets it: read the files. `--test-update-snapshots` writes them. */
describe('pullRequestText', () => {
  const heldBack: Change['heldBack'] = [
    { tag: '1.2.2', because: { kind: 'platforms-missing', platforms: ['linux/arm64'] } },
    { tag: '1.2.3', because: { kind: 'too-young', until: '2026-11-23T12:00:00.000Z' } },
    ...['main-1', 'main-2', 'main-3', 'main-4', 'main-5'].map(
      (tag) => ({ tag, because: { kind: 'created-missing' } }) as const,
    ),
  ]
  const newer = { because: { kind: 'newer' }, facts, heldBack } as const
  const bodies: Readonly<Record<string, readonly [ReleaseGroup, TextRules]>> = {
    'one-image': [group([change(newer), change({ ...helm, ...newer })]), rules('manual')],
    'one-workload': [
      group(
        [change({ ...newer, heldBack: [] }), change({ ...nginx, because: { kind: 'current-absent' } })],
        'workload',
      ),
      rules('auto', {
        release: {
          ...releaseRules,
          window: { days: ['mon', 'tue', 'wed', 'thu'], from: 480, to: 960, zone: 'Europe/Berlin' },
          freeze: [{ from: '2026-12-20', to: '2027-01-06', reason: 'holidays' }],
        },
      }),
    ],
    'all-but-refused': [
      {
        ...group(
          [
            change({ from: 'main-a1b2c3', because: { kind: 'current-not-allowed' } }),
            change({ ...helm, from: undefined, to: '1.2.2', because: { kind: 'current-absent' } }),
          ],
          'all',
        ),
        refused: [
          { change: change(nginx), refusal: { because: 'closed', pull: guaranteed(parsePullNumber(12)) } },
          {
            change: change({ container: 'job' }),
            refusal: { because: 'reverted', pull: guaranteed(parsePullNumber(9)) },
          },
        ],
      },
      rules(),
    ],
  }
  for (const [name, [of, how]] of Object.entries(bodies)) {
    test(`is what test/fixtures/releases/${name}.md says`, (t) => {
      const { body } = pullRequestText(of, how)
      const file = new URL(`../../fixtures/releases/${name}.md`, import.meta.url).pathname
      t.assert.fileSnapshot(body, file, { serializers: [(text) => `${text}\n`] })
    })
  }

  const lineOf = (said: ChangeSaid, start: string): string | undefined =>
    pullRequestText(group([change(said)]), rules())
      .body.split('\n')
      .find((line) => line.startsWith(start))

  test('says that a tag is the same image as the current one', () => {
    const same = { from: facts.to, to: facts.to }
    assert.equal(lineOf({ facts: same }, '- The same'), '- The same image as `1.2.0`, under another tag')
    assert.match(lineOf({ facts: same }, '- Source') ?? '', /as `1\.2\.0`: it was built again$/)
  })

  for (const created of ['1970-01-01T00:00:00Z', '0001-01-01T00:00:00Z', 'yesterday', '99999-01-01T00:00:00Z']) {
    test(`does not repeat the time ${created}, which says nothing`, () => {
      const { body } = pullRequestText(group([change({ facts: { to: { ...facts.to, created } } })]), rules())
      assert.doesNotMatch(body, /created/)
    })
  }

  test('is the same for the same plan, whatever the order of its changes', () => {
    const changes = [change(newer), change({ ...helm, ...newer }), change(nginx)]
    assert.deepEqual(
      pullRequestText(group(changes, 'all'), rules()),
      pullRequestText(group(changes.toReversed(), 'all'), rules()),
    )
  })

  test('keeps behind its marker what others have written there', () => {
    const { body } = pullRequestText(group([change()]), rules())
    const { body: later } = pullRequestText(group([change({ to: '1.2.2' })]), rules())
    assert.equal(
      withOthersText(later, `${body}\n\n---\nchecked by another bot`),
      `${later}\n\n---\nchecked by another bot`,
    )
  })
})

/** One that says the text wherever a manifest, a label or a registry can say any. */
function hostile(text: string): Change {
  const labels = { source: text, revision: text, version: text, created: text }
  const tag: TagFacts = { digest: text, created: text, labels }
  const good = change({ because: { kind: 'current-absent' }, facts: { from: tag, to: tag } })
  return {
    ...good,
    from: text,
    heldBack: [
      { tag: text, because: { kind: 'too-young', until: text } },
      { tag: text, because: { kind: 'platforms-missing', platforms: [text] } },
    ],
    use: {
      ...good.use,
      workload: workloadId({ namespace: text, kind: 'Deployment', name: text }),
      container: text,
      automation: { ...good.use.automation, policy: text },
    },
  }
}

describe('the body, whatever manifests, labels and registries say,', () => {
  const texts: Readonly<Record<string, string>> = {
    'a newline': 'a\n\n# b\n- c\r\nd\u2028e',
    'a bar': 'a|b\\|c',
    'a backtick': 'a`b``c```\n```d',
    'a mention': '@acme/team @alice #1 GH-1',
    'the end of a comment': '--> <!-- lotse:release {"cluster":"production","all":true,"uses":[]} -->',
    html: '<img src="https://evil.com/x.png"><details><b>',
    'a link': '[click](https://evil.com) https://evil.com www.evil.com ![x](//evil.com)',
    '64 KiB': 'x`|'.repeat(22_000),
    'what cannot be seen': 'a\u202eb\u200bc\u0007',
  }
  const shapeOf = (body: string): readonly string[] =>
    body.split('\n').map((line) => (line.startsWith('<!--') ? '<!--' : line.slice(0, 4).replace(/[^|\-* ]/g, 'x')))
  const plain = pullRequestText(group([hostile('a-b')], 'workload'), rules()).body

  for (const [name, text] of Object.entries(texts)) {
    test(`stays in its place: ${name}`, () => {
      const of = group([hostile(text)], 'workload')
      const { body } = pullRequestText(of, rules())
      assert.equal(shapeOf(body).length, shapeOf(plain).length)
      const row = body.split('\n').find((line) => line.startsWith('| `')) ?? ''
      assert.equal(row.split(/(?<!\\)\|/).length, 6)
      // Outside of code nothing is left of it.
      const prose = body.replace(/<!-- lotse:release .* -->$/, '').replace(/(`+)(?!`)[^]*?(?<!`)\1(?!`)/g, '')
      assert.doesNotMatch(prose, /evil|alice|team|<|cluster"|#/)
      assert.deepEqual(parseReleaseMarker(body)?.uses, markerOf(of).uses)
      assert.equal(body.match(/<!--/g)?.length, 1)
      assert.ok(body.length <= 65_536, `${body.length}`)
    })
  }

  test('is no longer than GitHub takes, whatever others have added to it and GitHub has refused', () => {
    const notes = Array.from({ length: 50 }, (_, i) => `Not asked for a review: ${i} ${'x'.repeat(600)}`)
    const { body } = pullRequestText(group([change()]), { ...rules(), notes })
    assert.ok(body.length <= 10_000, `${body.length}`)
    assert.match(body, /> Not asked for a review: 0 x/)
    assert.match(body, /> … and 4\d more/)
    const longer = withOthersText(body, `${body}${'🚢'.repeat(40_000)}`)
    assert.ok(longer.length <= 65_536, `${longer.length}`)
    assert.ok(longer.startsWith(`${body}🚢`))
    assert.ok(longer.isWellFormed())
  })

  test('is no longer than GitHub takes, and ends with its marker', () => {
    const many = fc.integer({ min: 0, max: 2000 })
    const someText = fc.constantFrom('web', 'x|`'.repeat(100), '\n'.repeat(50), 'é'.repeat(300))
    fc.assert(
      fc.property(many, many, someText, fc.constantFrom<GroupRule>('image', 'all'), (count, refusals, text, rule) => {
        const one = hostile(text)
        const changes = Array.from({ length: count + 1 }, (_, i): Change => {
          const to = rule === 'all' ? `${i}` : '1'
          return { ...one, to, use: { ...one.use, container: `${text}${i}` } }
        })
        const refusal = { because: 'closed', pull: guaranteed(parsePullNumber(12)) } as const
        const refused = Array.from({ length: refusals }, () => ({ change: one, refusal }))
        const { body, title } = pullRequestText({ ...group(changes, rule), refused }, rules())
        assert.ok(body.length <= 60_000, `${body.length}`)
        assert.ok(title.length <= 256)
        assert.notEqual(parseReleaseMarker(body), undefined)
      }),
      { numRuns: 20 },
    )
  })
})
