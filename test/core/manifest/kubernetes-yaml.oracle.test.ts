import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson, isJsonObject, type Json, parseJson } from '../../../src/core/json.ts'
import { splitAtMarkers } from '../../../src/core/manifest/document.ts'
import { readTrees } from '../../../src/core/manifest/kubernetes-documents.ts'
import { jsonOf } from '../../../src/core/manifest/kubernetes-tree.ts'

/**
 * What sigs.k8s.io/yaml reads, which kubectl and the API server use. LOTSE_CORPUS=DIR compares another folder:
 * `LOTSE_CORPUS=~/gitops node --test test/core/manifest/kubernetes-yaml.oracle.test.ts`
 */
const given = process.env['LOTSE_CORPUS']
const corpus = given ?? join(import.meta.dirname, '../../fixtures/manifests')

/** What is refused though Kubernetes reads it: it means something else there than most people think. */
const stricter = /is set twice|before `<<`|between brackets|tag in front|key, got a|cannot be read as YAML/

const words = `
  yes No on OFF y N true False TRUE tRue null ~ Null nULL = << .inf -.INF .NaN +.inf -.nan
  0o14 0O17 0777 014 08 018 0o8 0b11 0b12 -0b1 1_000 0x_1F 22:22 1:30 190:20:30 2001-01-01 2001-1-1T1:1:1Z
  9007199254740993 -9223372036854775808 -9223372036854775809 18446744073709551615 18446744073709551616
  12345678901234567890 0x7fffffffffffffff 0x10000000000000000 1e3 .5 1. 1.10 -0.0 1e400 1e-400 1e21 123456.7 1e-5
`.split(/\s+/)

const folder = mkdtempSync(join(tmpdir(), 'lotse-oracle-'))
const oracle = join(folder, 'kubernetes-yaml')
const wasBuilt = build()
after(() => rmSync(folder, { recursive: true }))

suite('readTrees agrees with sigs.k8s.io/yaml on', () => {
  for (const [what, documents] of Object.entries(generated())) {
    test(`3,000 generated ${what}`, () => {
      compare(fc.sample(documents, { numRuns: 3000, seed: 20_190_807 }), { same: 800 })
    })
  }

  test('every manifest of a folder', () => {
    const files = readdirSync(corpus, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(?:ya?ml|json)$/.test(entry.name))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    const documents = files.flatMap((file) => splitAtMarkers(file)).map(({ text }) => text)
    const counts = compare(documents, { same: 1 })
    if (given !== undefined) console.log(counts)
  })
})

function compare(documents: readonly string[], atLeast: { readonly same: number }): object {
  if (!wasBuilt) return {}
  const counts = { same: 0, refusedByBoth: 0, refusedByUs: 0 }
  const answers = ask(documents)
  const different = documents.flatMap((document, i) => {
    const { theirs, isTwice } = answers[i] ?? {}
    const ours = read(document)
    if (theirs === undefined && ours.text === undefined) counts.refusedByBoth += 1
    else if (ours.text === theirs) counts.same += 1
    else if (ours.because !== undefined && stricter.test(ours.because) && isFounded(ours.because, isTwice)) {
      counts.refusedByUs += 1
    } else return [{ document, ...ours, theirs }]
    return []
  })
  assert.deepEqual(different.slice(0, 10), [])
  assert.ok(counts.same >= atLeast.same, `too few were read to prove much: ${JSON.stringify(counts)}`)
  return counts
}

/** `1` and `"1"` are two keys in YAML and one in JSON, where Kubernetes takes either. */
function isFounded(because: string, isTwice: boolean | undefined): boolean {
  return !/twice|before/.test(because) || isTwice === true || /`[-+.\de]+`|`true`|`false`|`\.(?:inf|nan)`/.test(because)
}

function read(document: string): { readonly text?: string; readonly because?: string } {
  const { trees, problems } = readTrees(document)
  const [problem] = problems
  if (problem !== undefined) return { because: problem.message }
  const [tree] = trees
  return { text: tree === undefined ? 'null' : canonicalJson(jsonOf(tree)) }
}

type Answer = { readonly theirs?: string | undefined; readonly isTwice: boolean }

function ask(documents: readonly string[]): readonly Answer[] {
  const input = documents.map((document) => `${Buffer.from(document).toString('base64')}\n`).join('')
  const lines = execFileSync(oracle, { input, encoding: 'utf8', maxBuffer: 2 ** 28 })
    .trimEnd()
    .split('\n')
  assert.equal(lines.length, documents.length)
  return lines.map((line) => {
    const [times = '', json = ''] = line.split('\t')
    const theirs = json.startsWith('error: ') ? undefined : canonicalJson(withoutNulls(parseJson(json)))
    return { theirs, isTwice: times === 'twice' }
  })
}

/** As kubectl does behind its reading. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => withoutNulls(item))
  if (!isJsonObject(value)) return value
  const said = Object.entries(value).filter(([, below]) => below !== null)
  return Object.fromEntries(said.map(([key, below]) => [key, withoutNulls(below)]))
}

function generated(): Readonly<Record<string, fc.Arbitrary<string>>> {
  const digits = fc.string({ unit: letters('0011223456789+-._eExXoObBaAfF:'), minLength: 1, maxLength: 9 })
  // Tabs are left out: where Kubernetes takes none, we do, and mean the same.
  const signs = fc.string({ unit: letters('abyn 01:#-?[]{},|>\'"%@`\\/~<=.'), maxLength: 8 })
  const scalar = fc.oneof(digits, fc.constantFrom(...words), signs)
  const tag = fc.constantFrom('!!int', '!!float', '!!str', '!!bool', '!!null', '!!binary', '!!timestamp', '!own')
  return {
    values: scalar.map((text) => `k: ${text}\n`),
    items: scalar.map((text) => `- ${text}\n`),
    keys: scalar.map((text) => `${text}: 1\n`),
    'values with a tag': fc
      .tuple(tag, fc.oneof(digits, fc.constantFrom(...words)))
      .map((pair) => `k: ${pair.join(' ')}\n`),
    'quoted values': fc
      .tuple(fc.constantFrom("'", '"'), scalar)
      .map(([quote, text]) => `k: ${quote}${text.replaceAll(/['"\\]/g, '')}${quote}\n`),
    'lists in brackets': fc.array(scalar, { maxLength: 4 }).map((items) => `k: [${items.join(', ')}]\n`),
    'maps in brackets': fc
      .array(fc.tuple(scalar, scalar), { maxLength: 3 })
      .map((pairs) => `k: {${pairs.map((pair) => pair.join(': ')).join(', ')}}\n`),
    'documents with anchors, merges and blocks of text': document(),
  }
}

function letters(all: string): fc.Arbitrary<string> {
  return fc.nat(all.length - 1).map((at) => all.charAt(at))
}

/** Two maps with anchors, a third that merges them somewhere, and a text. */
function document(): fc.Arbitrary<string> {
  const key = fc.constantFrom('a', 'b', 'c', 'n', '"1"', "'<<'")
  const value = fc.constantFrom('1', '0644', 'x', '~', '', '*one', '[*one, 2]', '{ a: *one }', '"*one"', '&two 3', '<<')
  const map = fc.uniqueArray(fc.tuple(key, value), { maxLength: 4, selector: ([name]) => name })
  const merge = fc.constantFrom(
    [],
    ['<<: *one'],
    ['<<: [*one, *two]'],
    ['<<: [*two, *one]'],
    ['<<: { c: 3 }'],
    ['<<: 1'],
  )
  const header = fc.constantFrom('|', '>', '|-', '>-', '|+', '>+', '|2', '>2-')
  const line = fc.constantFrom('text', '  more', '', ' # no comment', '- item', 'k: v', '---x', '\\n', 'é')
  return fc
    .tuple(map, map, map, merge, fc.nat(4), header, fc.array(line, { minLength: 1, maxLength: 5 }))
    .map(([first, second, third, merged, where, mark, lines]) => {
      const written = third.map(([name, text]) => `${name}: ${text}`)
      const block = (entries: readonly string[]): string => entries.map((entry) => `  ${entry}\n`).join('')
      const plain = (entries: typeof first): string =>
        block(entries.map(([name, text]) => `${name}: ${text.replaceAll(/[*&]\w+/g, 'v')}`))
      return [
        `first: &one\n${plain(first)}second: &two\n${plain(second)}`,
        `third:\n${block([...written.slice(0, where), ...merged, ...written.slice(where)])}`,
        `text: ${mark}\n${lines.map((text) => `  ${text}\n`).join('')}`,
      ].join('')
    })
}

function build(): boolean {
  const source = join(import.meta.dirname, '../../oracle/kubernetes-yaml')
  const built = spawnSync('go', ['build', '-o', oracle, '.'], { cwd: source, encoding: 'utf8' })
  if (built.status === 0) return true
  const because = built.error === undefined ? built.stderr : 'the program go was not found'
  const message = `\nNOT TESTED: agreement with sigs.k8s.io/yaml, as its oracle cannot be built: ${because}
Install Go 1.22 or later (https://go.dev/dl) and allow it to fetch modules once.\n`
  assert.notEqual(process.env['CI'], 'true', message)
  process.stderr.write(message)
  return false
}
