import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { type Answer, type DiffParts, assembleDiff } from '../../../src/core/diff/assemble.ts'
import { diffCheck } from '../../../src/core/diff/check.ts'
import { formatDiffComment } from '../../../src/core/diff/comment.ts'
import type { LiveDiff } from '../../../src/core/diff/live-diff.ts'
import { parseLiveDiff } from '../../../src/core/diff/parse.ts'
import { type AskStep, type GitSides, planDiff } from '../../../src/core/diff/plan.ts'
import type { KubernetesObject } from '../../../src/core/manifest/kubernetes-object.ts'
import { parsed } from '../../../src/core/parsed.ts'
import { cluster, commit } from '../../support/facts.ts'
import { configMap, deployment, kinds, object, secret, wanted } from './objects.ts'

type Git = { readonly base?: readonly KubernetesObject[]; readonly head?: readonly KubernetesObject[] }

function sides({ base = [], head = [] }: Git): GitSides {
  return { base: base.map((one) => wanted(one, 3)), head: head.map((one) => wanted(one, 3)) }
}

/** The diff of a cluster that gives the same answer for each object. */
function diffOf(git: Git, answer?: (step: AskStep) => Answer, parts: Partial<DiffParts> = {}): LiveDiff {
  const plan = planDiff(sides(git))
  const asked = plan.steps.filter((step) => step.do === 'ask')
  const answers = new Map(answer === undefined ? [] : asked.map((step) => [step, answer(step)]))
  return assembleDiff({ plan, answers, drift: [], problems: [], pruneBudget: 10, ...parts })
}

const at = { file: 'clusters/production/all.yaml', line: 3, column: 1 }
const web = { object: 'apps/Deployment demo/web', file: at.file, line: 3 }
const summary = ({ changes }: LiveDiff) => changes.map(({ object, action }) => `${action} ${object}`)
const git = { base: [deployment('web', 1)], head: [deployment('web', 2)] }

suite('assembleDiff', () => {
  test('shows what would change in the cluster, not in git', () => {
    const { changes } = diffOf(git, () => ({ kind: 'ours', live: deployment('web', 5), dryRun: deployment('web', 2) }))
    assert.deepEqual(
      changes.map(({ lines, ...change }) => ({ ...change, lines: lines.filter((line) => /^[+-]/.test(line)) })),
      [{ ...web, action: 'change', cut: false, lines: ['-  replicas: 5', '+  replicas: 2'] }],
    )
  })

  const gone = configMap('a', {})
  const byHand = 'so it is left: delete it by hand (kubectl delete), when it is meant'
  const keep = configMap('keep', {})
  const stays: readonly (readonly [
    name: string,
    base: KubernetesObject,
    parts: Partial<DiffParts>,
    because: string | undefined,
  ])[] = [
    ['goes', gone, {}, undefined],
    [
      'of a kind that holds data stays',
      object(kinds.claim, 'a'),
      {},
      `deleting a PersistentVolumeClaim can delete data, ${byHand}`,
    ],
    [
      'stays while the pull request has problems of its own',
      gone,
      { problems: [{ message: 'no kind' }] },
      'nothing is deleted while there are problems',
    ],
    ['goes in spite of what passes by itself', gone, { problems: [{ message: 'busy', turn: 'time' }] }, undefined],
    ['beyond the budget stays', gone, { pruneBudget: 0 }, `the deletions (1) are beyond the budget (0), ${byHand}`],
  ]
  for (const [name, base, parts, because] of stays) {
    test(`what git no longer names and ${name}`, () => {
      const diff = diffOf({ base: [base, keep], head: [keep] }, undefined, parts)
      assert.deepEqual(
        diff.changes.map(({ action, stays: why }) => [action, why]),
        [['delete', because]],
      )
      assert.deepEqual(parseLiveDiff(diff), parsed(diff))
    })
  }

  test('what git no longer names stays when it names nothing at all', () => {
    const [change] = diffOf({ base: [gone] }).changes
    assert.equal(change?.stays, 'nothing is deleted by a commit without any object')
  })

  test('counts what the cluster already looks like as unchanged', () => {
    const diff = diffOf({ base: [...git.base, configMap('a', {})], head: [...git.head, configMap('a', {})] }, () => ({
      kind: 'ours',
      live: deployment('web', 2),
      dryRun: deployment('web', 2),
    }))
    assert.deepEqual([diff.changes, diff.unchanged], [[], 2])
  })

  test('creates what the cluster does not have', () => {
    const diff = diffOf(git, ({ after }) => ({ kind: 'absent', dryRun: after.object }))
    assert.deepEqual(summary(diff), ['create apps/Deployment demo/web'])
  })

  test('shows nothing of what is somebody else’s', () => {
    const { changes } = diffOf(git, () => ({ kind: 'foreign' }))
    assert.deepEqual(changes, [{ ...web, action: 'take-over', lines: [], cut: false }])
  })

  test('says what the server refuses, and where it stands', () => {
    const diff = diffOf(git, () => ({
      kind: 'refused',
      message: 'spec.replicas: too many',
      turn: 'author',
      help: 'fewer',
    }))
    assert.deepEqual(diff.problems, [
      { message: 'spec.replicas: too many', object: web.object, at, help: 'fewer', turn: 'author' },
    ])
    assert.deepEqual([diff.changes, diff.unchanged], [[], 0])
  })

  test('says what was not answered', () => {
    assert.deepEqual(diffOf(git).problems, [
      { message: 'the cluster did not say in time', object: web.object, at, turn: 'time' },
    ])
  })

  test('says what cannot be read in the head', () => {
    const found = [
      { message: 'bad YAML', at },
      { message: 'no quota', object: web.object, turn: 'operator' as const },
    ]
    const { problems } = diffOf({}, undefined, { problems: found })
    assert.deepEqual(problems, [{ message: 'bad YAML', at, turn: 'author' }, found[1]])
  })

  test('tells of Secrets by git', () => {
    const diff = diffOf({
      base: [secret('a', { x: '1' }), secret('b', {})],
      head: [secret('a', { x: '2' }), secret('c', {})],
    })
    assert.deepEqual(summary(diff), ['change Secret demo/a', 'create Secret demo/c', 'delete Secret demo/b'])
  })

  test('shows drift apart, and none of Secrets', () => {
    const drift = [
      { wanted: wanted(deployment('web', 2)), live: deployment('web', 3), dryRun: deployment('web', 2) },
      { wanted: wanted(configMap('gone', {})), dryRun: configMap('gone', {}) },
      { wanted: wanted(configMap('same', {})), live: configMap('same', {}), dryRun: configMap('same', {}) },
      { wanted: wanted(secret('s', { a: '1' })), live: secret('s', { a: '2' }), dryRun: secret('s', { a: '1' }) },
    ]
    const diff = diffOf({}, undefined, { drift: drift.toReversed() })
    assert.deepEqual(summary({ ...diff, changes: diff.drift }), [
      'create ConfigMap demo/gone',
      'change apps/Deployment demo/web',
    ])
  })

  test('names what is dangerous', () => {
    const { dangers } = diffOf({ base: [deployment('a', 1), deployment('b', 1)] }, undefined, { pruneBudget: 1 })
    assert.deepEqual(
      dangers.map(({ kind }) => kind),
      ['over-prune-budget'],
    )
  })

  test('fits a frame of the link, and counts what does not', () => {
    const long = Object.fromEntries(Array.from({ length: 290 }, (_, index) => [`k${index}`, 'é'.repeat(480)]))
    const head = Array.from({ length: 6000 }, (_, index) => configMap(`a${index}`, index < 10 ? long : {}))
    const diff = diffOf({ head }, ({ after }) => ({ kind: 'absent', dryRun: after.object }))
    assert.ok(Buffer.byteLength(JSON.stringify(diff)) <= 900 * 1024)
    assert.ok(diff.changes.some(({ lines, cut }) => lines.length === 0 && cut))
    assert.ok(diff.omitted > 0)
    assert.equal(diff.changes.length + diff.omitted, 6000)
    assert.deepEqual(parseLiveDiff(JSON.parse(JSON.stringify(diff))), parsed(diff))
  })
})

suite('a Secret’s value', () => {
  const character = fc.constantFrom(...Array.from('abcXYZ0189+/=$&"\'\\{}%é \n'))
  const value = (length: number) =>
    fc.array(character, { minLength: length, maxLength: 40 }).map((characters) => `Zq${characters.join('')}qZ`)
  const text = fc.string({ maxLength: 10 })

  test('is in nothing that is told', () => {
    fc.assert(
      fc.property(value(4), value(10), value(4), text, (short, long, old, around) => {
        const values = [short, long, old]
        const object = (replicas: number) => ({
          ...deployment(long, replicas, [{ name: 'A', value: `${around}${short}${around}` }]),
          metadata: {
            name: 'web',
            namespace: 'demo',
            annotations: { note: long, 'kubectl.kubernetes.io/last-applied-configuration': old },
          },
          args: [`--key=${long}`],
        })
        const settings = configMap('settings', { file: `${around}\npassword=${short}\n${long}`, old })
        const diff = diffOf(
          {
            base: [secret('s', { x: old, gone: short }), deployment('web', 1)],
            head: [secret('s', { x: short, y: long }), object(2), settings, configMap('bad', { a: short })],
          },
          ({ after }) =>
            after.object.metadata.name === 'bad'
              ? {
                  kind: 'refused',
                  message: `Invalid value: ${JSON.stringify(short)} ${old}`,
                  help: long,
                  turn: 'author',
                }
              : { kind: 'ours', live: { ...object(7), command: [old] }, dryRun: after.object },
          {
            drift: [{ wanted: wanted(settings), live: configMap('settings', { now: old }), dryRun: settings }],
            problems: [{ message: `cannot read ${long}`, help: short }],
          },
        )
        const told = { kind: 'told', diff } as const
        const check = diffCheck(told)
        const outputs = [
          ...textsIn(diff),
          formatDiffComment({ head: commit('a'), clusters: [{ cluster, outcome: told }] }),
          check.title,
          check.summary,
        ]
        for (const output of outputs) {
          for (const form of values.flatMap((one) => [
            one,
            Buffer.from(one).toString('base64'),
            JSON.stringify(one).slice(1, -1),
          ])) {
            assert.ok(!output.includes(form), `${JSON.stringify(form)} in ${output}`)
          }
        }
      }),
    )
  })
})

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return [value.join('\n'), ...value.flatMap(textsIn)]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}
