import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { constraintAllows, parseSemverConstraint } from '../../../src/core/image/semver-constraint.ts'
import { compareVersions, parseVersion, type Version } from '../../../src/core/image/version.ts'
import { guaranteed } from '../../../src/core/parsed.ts'

suite('constraintAllows', () => {
  const rows: readonly [constraint: string, allowed: readonly string[], others: readonly string[]][] = [
    ['*', ['0.0.0', '1', '1.2', 'v3.0.0', '01.2.3'], ['1.0.0-rc.1', '1.2.3-alpine', 'main', '1.2.3.4']],
    ['~1.2', ['1.2.0', '1.2.1', '1.2', 'v1.2.9'], ['1.3.0', '1.1.9', '2.0.0', '1.2.3-beta.4']],
    ['~1', ['1.0.0', '1.99.0'], ['2.0.0', '0.9.0']],
    ['~>1.2', ['1.2.9'], ['1.3.0']],
    ['~1.2.3', ['1.2.3', '1.2.10'], ['1.2.2', '1.3.0']],
    ['~1.2.3-beta.2', ['1.2.3-beta.2', '1.2.3-beta.11', '1.2.4-beta.2', '1.2.3'], ['1.2.3-beta.1', '1.3.0-beta.2']],
    ['~0.0.0', ['0.0.0', '1.2.3'], []],
    ['^1.2', ['1.2.0', '1.9.0'], ['1.1.9', '2.0.0']],
    ['^0.2.3', ['0.2.3', '0.2.9'], ['0.3.0', '0.2.2']],
    ['^0.0.3', ['0.0.3'], ['0.0.4']],
    ['^0', ['0.0.1', '0.9.0'], ['1.0.0']],
    ['^*', ['0.0.0'], ['0.0.1', '1.0.0']],
    ['^1.x-0', ['1.0.0', '1.3.0-rc.1'], ['2.0.0']],
    ['1.2', ['1.2.0', '1.2.9'], ['1.3.0']],
    ['1.x', ['1.0.0', '1.9.9'], ['2.0.0']],
    ['1.2.3', ['1.2.3', 'v1.2.3', '01.02.03'], ['1.2.4', '1.2.3-rc.1']],
    ['>11', ['12.0.0'], ['11.1.0', '11.0.0']],
    ['>11.1', ['11.2.0', '12.0.0'], ['11.1.1']],
    ['<=11', ['11.9.9'], ['12.0.0']],
    ['<=11.1', ['11.1.9', '10.9.9'], ['11.2.0']],
    ['<11', ['10.9.9'], ['11.0.0']],
    ['=>1.0', ['1.0.0', '2.0.0'], ['0.9.9']],
    ['=<1.0.1', ['1.0.1'], ['1.0.2']],
    ['!=1.2.3', ['1.2.4', '0.1.0'], ['1.2.3', '2.0.0-alpha']],
    ['!=4.1', ['5.1.0', '4.2.0'], ['4.1.0', '4.1.9']],
    ['!=4', ['5.0.0', '3.9.9'], ['4.1.0']],
    ['!=1.2-0', ['1.2.3-beta.1'], ['1.2.3-0']],
    ['>=1.1, <2, !=1.2.3', ['1.1.0', '1.2.4'], ['1.2.3', '2.0.0']],
    ['>=1.1 <2 !=1.2.3', ['1.1.0', '1.2.4'], ['1.2.3', '2.0.0']],
    ['^1 || ^3', ['1.5.0', '3.0.0'], ['2.0.0']],
    ['1.2 - 1.4.5', ['1.2.0', '1.4.5'], ['1.4.6', '1.1.0']],
    ['1 - 2, !=1.5', ['1.4.0', '2.9.9'], ['1.5.3', '3.0.0']],
    ['1 - 2||3', ['1.5.0', '3.1.0'], ['0.9.0', '4.0.0']],
    ['>=0-0', ['0.0.1-alpha', '1.0.0'], []],
    ['>=1.0.0-0', ['1.0.0-rc.1', '1.3.0-rc.1', '2.0.0-alpha'], ['0.9.0']],
    ['>=1.0.0-0 <2.0.0', ['1.3.0-rc.1', '2.0.0-alpha', '2.0.0-rc.1'], ['2.0.0']],
    ['>= 1.0.0-rc.0, <1.0.1', ['1.0.0', '1.0.0-rc.1', '1.0.1-rc.1'], ['1.0.1']],
    ['^1.0.0-0 || ^3', ['1.3.0-rc.1', '3.0.0'], ['3.1.0-rc.1']],
    ['*-0', ['0.0.0', '1.3.0-rc.1', '2024.01.15'], ['main-abc1234', 'deadbee', '1.2.3_4', '1.2.3-01', '']],
    ['>=20240115', ['20240115', '20240115123456789'], ['20240114', '99999999999999999999']],
    ['>20240115123456788', ['20240115123456789'], ['20240115123456788']],
  ]
  for (const [constraint, allowed, others] of rows) {
    test(`${constraint} allows ${allowed.join(' ')}${others.length > 0 ? `, not ${others.join(' ')}` : ''}`, () => {
      const groups = guaranteed(parseSemverConstraint(constraint))
      const tags = [...allowed, ...others]
      const found = tags.filter((tag) => {
        const version = parseVersion(tag)
        return version !== undefined && constraintAllows(groups, version)
      })
      assert.deepEqual(found, allowed)
    })
  }
})

suite('parseSemverConstraint refuses', () => {
  const texts = [
    '',
    ' ',
    'latest',
    '>=',
    '1.2.3.4',
    '1.2,,1.3',
    '>=1,',
    ',>=1',
    '>=1.0<2.0',
    '1.2 ||',
    '|| 1',
    '==1',
    '1.01-01',
  ]
  texts.push('1.2.3-', '~ > 1', '>=1 1 - 2', '^1.2 - 2', '1x', '99999999999999999999', '1.2.3 foo', '1'.repeat(513))
  texts.push(`${'1 || '.repeat(40)}1`, '3||1 - 2', '1 - 2||3 - 4')
  for (const text of texts) {
    test(JSON.stringify(text.slice(0, 30)), () => assert.equal(parseSemverConstraint(text).ok, false))
  }
})

const identifier = fc.constantFrom('alpha', 'beta', 'rc', '0', '1', '2', '11', 'a-b', '99999999999999999999')
const numbers = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 })
const version = fc
  .tuple(numbers, fc.array(identifier, { maxLength: 3 }))
  .map(([parts, pre]) => `${parts.join('.')}${pre.length > 0 ? `-${pre.join('.')}` : ''}`)

test('compareVersions is a total order', () => {
  const read = (text: string): Version => parseVersion(text) ?? assert.fail(text)
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      const order = (x: string, y: string): number => Math.sign(compareVersions(read(x), read(y)))
      assert.equal(order(a, a), 0)
      assert.equal(order(a, b) + order(b, a), 0)
      if (order(a, b) <= 0 && order(b, c) <= 0) assert.ok(order(a, c) <= 0)
    }),
  )
})

test('parseSemverConstraint never throws, and takes no time for hostile texts', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from('0123xX*v.-+, <>=!~^|')) }), (text) => {
      parseSemverConstraint(text)
    }),
  )
  for (const hostile of ['1 '.repeat(255), '1.'.repeat(255), '-'.repeat(511), ' '.repeat(511), '1-'.repeat(255)]) {
    parseSemverConstraint(hostile)
  }
})
