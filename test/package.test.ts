import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '..')
const text = readFileSync(join(root, 'package-lock.json'), 'utf8')
type Entry = { readonly optionalDependencies?: Readonly<Record<string, string>> }
const lock: { readonly packages: Readonly<Record<string, Entry>> } = JSON.parse(text)

/** npm 11 refuses a lock that lacks one, also on machines that would not install it. */
test('the lock holds the packages of every platform', () => {
  const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in lock.packages) && !(`${path}/node_modules/${name}` in lock.packages),
    ),
  )
  assert.deepEqual(missing, [])
})

test('the lock names no registry', () => assert.doesNotMatch(text, /"resolved": "http/))
