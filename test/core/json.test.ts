import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson, formatJson, isJsonObject, type Json, jsonAt, parseJson } from '../../src/core/json.ts'

suite('parseJson', () => {
  const rows: readonly [text: string, value: Json][] = [
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['-9007199254740993', -9_007_199_254_740_993n],
    ['18446744073709551615', 18_446_744_073_709_551_615n],
    ['{"a":[9223372036854775807,1]}', { a: [9_223_372_036_854_775_807n, 1] }],
    ['"9007199254740993"', '9007199254740993'],
    ['0.1234567890123456789', 0.123_456_789_012_345_68],
    ['1e21', 1e21],
    ['null', null],
  ]
  for (const [text, value] of rows) {
    test(`reads ${text}`, () => assert.deepEqual(parseJson(text), value))
  }

  test('keeps the key __proto__, and inherits nothing from it', () => {
    for (const text of ['{"__proto__":{"a":1}}', '{"__proto__":{"a":12345678901234567890}}']) {
      const value = parseJson(text)
      assert.ok(isJsonObject(value))
      assert.deepEqual(Object.keys(value), ['__proto__'])
      assert.equal(jsonAt(value, 'a'), undefined)
      assert.equal(formatJson(value), text)
      assert.equal(canonicalJson(value), text)
    }
  })

  for (const text of ['', '{', '01', 'nope', '{"a":1}}']) {
    test(`throws a SyntaxError on ${JSON.stringify(text)}`, () => assert.throws(() => parseJson(text), SyntaxError))
  }
})

suite('formatJson', () => {
  test('writes what JSON.stringify writes', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => assert.equal(formatJson(value as Json), JSON.stringify(value))))
  })

  test('writes what parseJson reads back, whole numbers of any size', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n })), fc.string(), (numbers, key) => {
        const text = formatJson({ [key]: numbers })
        assert.equal(text, `{${JSON.stringify(key)}:[${numbers.join(',')}]}`)
        assert.equal(formatJson(parseJson(text)), text)
      }),
    )
  })

  test('throws on what JSON cannot say, and does not write null', () => {
    assert.throws(() => formatJson([Number.NaN]), RangeError)
    assert.throws(() => formatJson({ a: parseJson('1e400') }), RangeError)
  })
})

suite('canonicalJson', () => {
  test('is the same in whatever order the keys came', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(fc.string(), fc.integer()), { selector: ([key]) => key }), (pairs) => {
        const [one, other] = [Object.fromEntries(pairs), Object.fromEntries(pairs.toReversed())]
        assert.equal(canonicalJson({ in: [one] }), canonicalJson({ in: [other] }))
      }),
    )
  })

  test('is JSON of the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.deepEqual(JSON.parse(canonicalJson(value as Json)), JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test('tells apart what differs', () => {
    const different: readonly Json[] = [1, '1', [1], { a: 1 }, { a: '1' }, null, {}, [], '', false, { a: null }]
    assert.equal(new Set(different.map(canonicalJson)).size, different.length)
  })
})

suite('jsonAt', () => {
  const value = parseJson('{"a":[{"b":null}],"c":"text"}')
  const rows: readonly [path: readonly (string | number)[], found: Json | undefined][] = [
    [[], value],
    [['a', 0, 'b'], null],
    [['a', 1], undefined],
    [['a', '0'], undefined],
    [['c', 0], undefined],
    [['c', 'length'], undefined],
    [['constructor'], undefined],
    [['x', 'y', 0], undefined],
  ]
  for (const [path, found] of rows) {
    test(`at ${JSON.stringify(path)} finds ${JSON.stringify(found)}`, () =>
      assert.deepEqual(jsonAt(value, ...path), found))
  }
})
