import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { editScalars, retag } from '../../../src/core/manifest/edit.ts'
import { type ImageUse, readManifest } from '../../../src/core/manifest/workload.ts'

/**
 * What must hold for any folder of manifests. LOTSE_CORPUS=DIR tries another one and prints what it found:
 * `LOTSE_CORPUS=~/gitops node --test test/core/manifest/corpus.test.ts`
 */
const given = process.env['LOTSE_CORPUS']
const folder = given ?? join(import.meta.dirname, '../../fixtures/manifests/before')
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(?:ya?ml|json)$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))
  .toSorted()

// A plain word, one that would be a number, one that YAML 1.1 reads as a boolean, one with a date, the longest.
const tags = ['next', '1.10', 'yes', '2020-01-01', 'x'.repeat(128)]

suite('every image of a folder', () => {
  test('can be edited to change nothing else, or the edit is refused with a reason and a place', () => {
    const counts = { files: files.length, images: 0, edits: 0, proved: 0, problems: 0 }
    const refusals = new Map<string, number>()
    for (const file of files) {
      const text = readFileSync(file, 'utf8')
      const { images, problems } = readManifest(text)
      counts.images += images.length
      counts.problems += problems.length
      for (const problem of problems) assert.ok(problem.at !== undefined, file)
      for (const [use, tag] of images.flatMap((use) => tags.map((tag) => [use, tag] as const))) {
        counts.edits += 1
        const refusal = tryEdit(text, use, tag)
        if (refusal === undefined) counts.proved += 1
        else refusals.set(refusal, (refusals.get(refusal) ?? 0) + 1)
      }
    }
    assert.ok(counts.images > 0)
    if (given !== undefined) console.log(counts, refusals)
  })

  test('can be edited together with the others of its file', () => {
    for (const file of files) {
      const text = readFileSync(file, 'utf8')
      const editable = readManifest(text).images.filter((use) => editScalars(text, [retag(use, 'next')]).ok)
      const result = editScalars(
        text,
        editable.map((use) => retag(use, 'next')),
      )
      assert.ok(result.ok, file)
      const after = readManifest(result.value).images.filter(({ image }) => image.tag === 'next')
      assert.equal(after.length, editable.length, file)
    }
  })
})

/** Other ways to write a file that mean the same. */
const dresses: readonly (readonly [name: string, dress: (text: string) => string])[] = [
  ['Windows line breaks', (text) => text.replaceAll(/\r?\n/g, '\r\n')],
  ['a byte order mark', (text) => (text.startsWith('\ufeff') ? text : `\ufeff${text}`)],
  ['no last line break', (text) => text.replace(/\s+$/, '')],
  ['a broken document behind', (text) => `${text.replace(/\s+$/, '')}\n---\na: [1\n`],
  ['a document in front', (text) => `# first\n---\n${text}`],
  ['a tab behind each line', (text) => text.replaceAll(/(?<=[\w"'])(?=\n)/g, '\t# tab')],
]

suite('every image of a folder is edited to the same with', () => {
  for (const [name, dress] of dresses) {
    test(name, () => {
      for (const file of files) {
        const text = readFileSync(file, 'utf8')
        const edited = retagged(text)
        // A block of text is not dressed without becoming another text.
        const isComparable = edited !== undefined && !/[|>][+-]?[ \t]*$/m.test(text) && !/\t|\\$/m.test(text)
        if (isComparable) assert.equal(retagged(dress(text)), dress(edited), file)
      }
    })
  }
})

function retagged(text: string): string | undefined {
  const edited = editScalars(
    text,
    readManifest(text).images.map((use) => retag(use, 'next')),
  )
  return edited.ok ? edited.value : undefined
}

suite('any value of a folder', () => {
  test('can be replaced to change nothing else, or the edit is refused with a place', () => {
    const counts = { values: 0, proved: 0 }
    const refusals = new Map<string, number>()
    for (const file of files) {
      const text = readFileSync(file, 'utf8')
      for (const place of sampled(scalarsOf(text), 20)) {
        counts.values += 1
        const result = editScalars(text, [{ place, value: 'next' }])
        if (result.ok) {
          counts.proved += 1
          assert.deepEqual(plain(result.value), replaced(plain(text), place, 'next'), file)
        } else {
          assert.ok(result.problems[0].at !== undefined, file)
          const reason = result.problems[0].message.replace(/^`.*?` /, '')
          refusals.set(reason, (refusals.get(reason) ?? 0) + 1)
        }
      }
    }
    if (given !== undefined) console.log(counts, refusals)
  })
})

type Place = ImageUse['place']

/** What the file means, by the parser's own reading and not by our nodes. */
function plain(text: string): unknown[] {
  return parseAllDocuments(text, { uniqueKeys: false, logLevel: 'silent' }).map((document): unknown =>
    document.errors.length > 0 ? undefined : document.toJS({ mapAsMap: true }),
  )
}

function scalarsOf(text: string): readonly Place[] {
  const below = (value: unknown, document: number, path: Place['path']): readonly Place[] => {
    if (value instanceof Map) return [...value].flatMap(([key, item]) => below(item, document, [...path, String(key)]))
    if (Array.isArray(value)) return value.flatMap((item, index) => below(item, document, [...path, index]))
    return path.length === 0 ? [] : [{ document, path }]
  }
  return plain(text).flatMap((value, document) => below(value, document, []))
}

function replaced(documents: unknown[], { document, path }: Place, value: string): unknown {
  const inside = (at: unknown, [step, ...rest]: Place['path']): unknown => {
    if (step === undefined) return value
    if (Array.isArray(at)) return at.map((item, index) => (index === step ? inside(item, rest) : (item as unknown)))
    assert.ok(at instanceof Map)
    return new Map([...at].map(([key, item]) => [key, String(key) === step ? inside(item, rest) : (item as unknown)]))
  }
  return documents.with(document, inside(documents[document], path))
}

function sampled<T>(items: readonly T[], most: number): readonly T[] {
  const stride = Math.max(1, Math.floor(items.length / most))
  return items.filter((_, index) => index % stride === 0)
}

/** What the editor refused; that what it did is right is asserted here, by other means than its own proof. */
function tryEdit(text: string, use: ImageUse, tag: string): string | undefined {
  const where = `${use.workload} ${use.container}`
  const result = editScalars(text, [retag(use, tag)])
  if (!result.ok) {
    assert.ok(result.problems[0].at !== undefined, where)
    return result.problems[0].message
  }
  const [before, after] = [text.split('\n'), result.value.split('\n')]
  assert.equal(after.length, before.length, where)
  const changed = after.flatMap((line, i) => (line === before[i] ? [] : [i + 1]))
  assert.ok(
    changed.every((line) => line === use.line),
    where,
  )
  const expected = readManifest(text).images.map((other) =>
    JSON.stringify(other.place) === JSON.stringify(use.place) ? tag : other.image.tag,
  )
  assert.deepEqual(
    readManifest(result.value).images.map(({ image }) => image.tag),
    expected,
    where,
  )
  return undefined
}
