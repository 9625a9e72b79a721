import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseCommitSha, parsePullNumber } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import type { Refusal } from '../../../src/core/release/group.ts'
import { type RememberedWord, rememberWords, type Word } from '../../../src/core/release/words.ts'

const pullNumber = (pull: number) => guaranteed(parsePullNumber(pull))
const closed = (pull: number): Refusal => ({ because: 'closed', pull: pullNumber(pull) })
const reverted = (pull: number): Refusal => ({ because: 'reverted', pull: pullNumber(pull) })
const takenOver = (pull: number): Refusal => ({ because: 'taken-over', pull: pullNumber(pull) })
const takenBack: Refusal = { because: 'taken-back', commit: guaranteed(parseCommitSha('a'.repeat(40))) }

/** Of the container `web`, if the use names one. */
const word = (use: string, refusal: Refusal, saidMs: number): RememberedWord => {
  const [move = '', spot] = use.split('.').toReversed()
  return { move, spot, refusal, saidMs }
}

type Heard = { readonly pulls?: readonly number[]; readonly said?: readonly (readonly [string, Refusal, number])[] }

const blue = word('web.blue', closed(1), 2000)
const rows: readonly (readonly [name: string, known: RememberedWord[], heard: Heard, left: RememberedWord[]])[] = [
  ['what is new', [], { said: [['web.blue', closed(1), 2000]] }, [blue]],
  ['a tag without its container', [], { said: [['old', closed(1), 1000]] }, [word('old', closed(1), 1000)]],
  ['what another pull request said', [blue], { pulls: [2] }, [blue]],
  ['nothing that its pull request does not say any more', [blue], { pulls: [1] }, []],
  ['what is said again as it was', [blue], { pulls: [1], said: [['web.blue', closed(1), 2000]] }, [blue]],
  ['the first time of what is said again', [blue], { pulls: [1], said: [['web.blue', closed(1), 1000]] }, [blue]],
  ['what was said last', [blue], { pulls: [2], said: [['web.blue', reverted(2), 1000]] }, [blue]],
  [
    'what is said later',
    [blue],
    { pulls: [2], said: [['web.blue', reverted(2), 3000]] },
    [word('web.blue', reverted(2), 3000)],
  ],
  [
    'what a pull request says now, though it said another thing a moment ago by our clock',
    [word('web.blue', takenOver(1), 2500)],
    { pulls: [1], said: [['web.blue', closed(1), 2000]] },
    [blue],
  ],
  [
    'the container of a use that did not name it',
    [word('blue', closed(1), 1000)],
    { pulls: [1], said: [['web.blue', reverted(1), 2000]] },
    [word('web.blue', reverted(1), 2000)],
  ],
  [
    'a refused tag beside another one',
    [blue],
    { said: [['web.green', closed(2), 3000]] },
    [blue, word('web.green', closed(2), 3000)],
  ],
  [
    'nothing of a container to which another tag was released since',
    [blue, word('api.red', closed(1), 1000)],
    { said: [['web.green', takenBack, 3000]] },
    [word('api.red', closed(1), 1000), word('web.green', takenBack, 3000)],
  ],
  [
    'nothing that is only told now, and was said before another tag was released',
    [word('web.green', reverted(2), 3000)],
    { pulls: [1], said: [['web.blue', closed(1), 2000]] },
    [word('web.green', reverted(2), 3000)],
  ],
  [
    'what is told later, in one second',
    [blue],
    { said: [['web.green', takenBack, 2000]] },
    [word('web.green', takenBack, 2000)],
  ],
  [
    'both of what is told at once, in one second',
    [],
    {
      said: [
        ['web.blue', reverted(1), 2000],
        ['web.green', takenBack, 2000],
      ],
    },
    [word('web.blue', reverted(1), 2000), word('web.green', takenBack, 2000)],
  ],
]

function hear(known: readonly RememberedWord[], { pulls = [], said = [] }: Heard): readonly RememberedWord[] {
  const words = said.map(([use, refusal, saidMs]): Word => ({ use, refusal, saidMs }))
  return rememberWords(known, { pulls: pulls.map(pullNumber), said: words })
}

describe('rememberWords leaves', () => {
  for (const [name, known, heard, left] of rows) {
    test(name, () => {
      const found = hear(known, heard)
      assert.deepEqual(found, left)
      assert.deepEqual(hear(found, heard), found, 'hearing the same once more changes nothing')
    })
  }

  test('at most one release for each container, but for those of one second', () => {
    const said = fc.tuple(
      fc.constantFrom('web.blue', 'web.green', 'api.red', 'api.pink'),
      fc.constantFrom(closed(1), reverted(2), takenBack),
      fc.nat(5),
    )
    fc.assert(
      fc.property(fc.array(fc.array(said, { maxLength: 4 }), { maxLength: 6 }), (all) => {
        let known: readonly RememberedWord[] = []
        for (const one of all) known = hear(known, { said: one })
        const releases = known.filter(({ refusal: { because } }) => because !== 'closed')
        for (const [, ofContainer] of Map.groupBy(releases, ({ spot }) => spot)) {
          assert.equal(new Set(ofContainer.map(({ saidMs }) => saidMs)).size, 1)
        }
      }),
    )
  })
})
