import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { buildASTSchema, parse, validate } from 'graphql'
import { releaseFactsQuery } from '../../../src/io/github/release-facts.ts'

const folder = resolve(import.meta.dirname, '../../../src/io/github')
const schema = buildASTSchema(
  parse(readFileSync(new URL('schema.graphql', import.meta.resolve('@octokit/graphql-schema')), 'utf8')),
  { assumeValidSDL: true },
)

/** Every exported query; one that is made for a number of things is made for several. */
const queries: (readonly [name: string, query: string])[] = []
for (const file of readdirSync(folder)) {
  const exports: Readonly<Record<string, unknown>> = await import(join(folder, file))
  const named = Object.entries(exports).filter(([name]) => /(Query|Mutation)$/.test(name))
  queries.push(
    ...named.flatMap(([name, value]) =>
      typeof value === 'function' ? made(name, value) : [[name, String(value)] as const],
    ),
  )
}
// What clears a release away asks for no file.
queries.push(['releaseFactsQuery(0)', releaseFactsQuery(0)])
queries.push(['releaseFactsQuery(1), with the past', releaseFactsQuery(1, 'asked')])

function made(name: string, query: Function): readonly (readonly [string, string])[] {
  return [1, 2, 50].map((n) => [`${name}(${n})`, String(query(n))])
}

for (const [name, query] of queries) {
  test(`${name} is valid by GitHub’s published schema`, () => {
    assert.deepEqual(validate(schema, parse(query)).map(String), [])
  })
}

test('every query of the folder is exported, and so looked at here', () => {
  const written = readdirSync(folder).flatMap((file) => [
    ...readFileSync(join(folder, file), 'utf8').matchAll(/^(?:query|mutation) (\w+)/gm),
  ])
  const looked = new Set(queries.map(([, query]) => /(?:query|mutation) (\w+)/.exec(query)?.[1]))
  assert.deepEqual(new Set(written.map(([, name]) => name)), looked)
  assert.ok(looked.size >= 4)
})
