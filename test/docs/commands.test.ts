import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { commands, usage, verbs } from '../../src/core/command/command.ts'
import { parseComment } from '../../src/core/command/parse.ts'
import { formatReply } from '../../src/core/command/reply.ts'
import { roles } from '../../src/core/command/role.ts'
import { parseCommentId } from '../../src/core/ids.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { codeBlocks, readDocument, rowsOf } from './tables.ts'

const page = readDocument('commands.md')

suite('docs/commands.md', () => {
  test('has the rows of the table of commands', () => {
    const rows = verbs.map((verb) => {
      const { summary, needs } = commands[verb]
      return [`\`${usage(verb)}\``, summary, needs === 'anyone' ? 'anyone who can comment' : needs]
    })
    assert.deepEqual(rowsOf(page), rows)
  })

  test('has the example of each command', () => {
    const written = codeBlocks(page, '').flatMap((block) => block.trim().split('\n'))
    assert.deepEqual(
      verbs.map((verb) => commands[verb].example).filter((example) => !written.includes(example)),
      [],
    )
  })

  for (const line of new Set(codeBlocks(page, '').flatMap((block) => block.trim().split('\n')))) {
    test(`has an example that is understood: ${line}`, () => {
      assert.deepEqual(
        parseComment(line, { slug: 'lotse' }).map(({ kind }) => kind),
        ['command'],
      )
    })
  }

  test('names the roles in their order', () => {
    assert.ok(page.includes(`from least to most: ${roles.join(', ')}`))
  })

  test('shows the answer to why as it is written', () => {
    const comment = guaranteed(parseCommentId(1))
    const reply = formatReply(comment, [
      {
        line: { written: '/lotse why' },
        answer: {
          kind: 'why',
          explained: [
            { rule: 'it is not a draft', holds: 'yes', detail: '' },
            { rule: 'checks succeeded', holds: 'waiting', detail: 'the required check test has not reported' },
            {
              rule: 'the merge method is allowed',
              holds: 'no',
              detail: 'the repository does not allow squash; it allows merge',
            },
          ],
        },
      },
    ])
    const quoted = [...page.matchAll(/^> (.*)$/gm)].map(([, line]) => line).join('\n')
    assert.ok(reply.includes(quoted))
  })
})
