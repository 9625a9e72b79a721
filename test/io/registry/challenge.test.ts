import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Challenge, parseChallenges } from '../../../src/io/registry/challenge.ts'

const hub = { realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:a/b:pull' }

const rows: readonly { name: string; header: string; challenges: readonly Challenge[] }[] = [
  { name: 'nothing', header: '', challenges: [] },
  { name: 'a scheme alone', header: 'Negotiate', challenges: [{ scheme: 'negotiate', parameters: {} }] },
  { name: 'Basic', header: 'Basic realm="reg"', challenges: [{ scheme: 'basic', parameters: { realm: 'reg' } }] },
  {
    name: 'Bearer',
    header: `Bearer realm="${hub.realm}",service="${hub.service}",scope="${hub.scope}"`,
    challenges: [{ scheme: 'bearer', parameters: hub }],
  },
  {
    name: 'a scope with a comma in it',
    header: 'Bearer realm="https://a/t",scope="repository:a:pull,push"',
    challenges: [{ scheme: 'bearer', parameters: { realm: 'https://a/t', scope: 'repository:a:pull,push' } }],
  },
  {
    name: 'several challenges in one header',
    header: 'Bearer realm="https://a/t",service="a", Basic realm="a", Negotiate',
    challenges: [
      { scheme: 'bearer', parameters: { realm: 'https://a/t', service: 'a' } },
      { scheme: 'basic', parameters: { realm: 'a' } },
      { scheme: 'negotiate', parameters: {} },
    ],
  },
  {
    name: 'a token68 and what follows it',
    header: 'Negotiate YII=, Basic realm="a"',
    challenges: [
      { scheme: 'negotiate', parameters: {} },
      { scheme: 'basic', parameters: { realm: 'a' } },
    ],
  },
  {
    name: 'names in any case, and spaces around the sign',
    header: 'BEARER Realm = "https://a/t" , SERVICE=a',
    challenges: [{ scheme: 'bearer', parameters: { realm: 'https://a/t', service: 'a' } }],
  },
  {
    name: 'a quoted quote',
    header: 'Basic realm="a \\"b\\", c"',
    challenges: [{ scheme: 'basic', parameters: { realm: 'a "b", c' } }],
  },
  {
    name: 'the first of two parameters of one name',
    header: 'Basic realm="a", realm="b"',
    challenges: [{ scheme: 'basic', parameters: { realm: 'a' } }],
  },
  {
    name: 'no parameter that has no scheme',
    header: 'realm="a", Basic realm="b"',
    challenges: [{ scheme: 'basic', parameters: { realm: 'b' } }],
  },
  { name: 'an open quote as nothing', header: 'Basic realm="a', challenges: [{ scheme: 'basic', parameters: {} }] },
]

for (const { name, header, challenges } of rows) {
  test(`parseChallenges reads ${name}`, () => {
    assert.deepEqual(parseChallenges(header), challenges)
  })
}

test('parseChallenges reads back every challenge that is written by the book', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
  const quoted = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`
  const parameters = fc.dictionary(word, fc.string({ unit: 'grapheme-ascii' }), { noNullPrototype: true })
  fc.assert(
    fc.property(fc.array(fc.record({ scheme: word, parameters }, { noNullPrototype: true })), (challenges) => {
      const header = challenges
        .map(({ scheme, parameters: of }) => {
          const list = Object.entries(of).map(([name, value]) => `${name}=${quoted(value)}`)
          return `${scheme} ${list.join(', ')}`.trim()
        })
        .join(', ')
      assert.deepEqual(parseChallenges(header), challenges)
    }),
  )
})

test('parseChallenges ends on every header', () => {
  fc.assert(fc.property(fc.string(), (header) => Array.isArray(parseChallenges(header))))
})
