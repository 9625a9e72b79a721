import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '..')

/** Which folder of `src` may import from which others; itself is always allowed, `io/a` from `io/b` never. */
const allowed: Record<string, readonly string[]> = {
  core: [],
  io: ['core'],
  runtime: ['core'],
  bot: ['core', 'io', 'runtime'],
  agent: ['core', 'io', 'runtime'],
  sandbox: ['core', 'io', 'runtime'],
  cli: ['core', 'io', 'runtime', 'bot', 'agent', 'sandbox'],
}

/** Inside core: a folder may import those before it, and what stands on the same step only from itself. */
const coreSteps: readonly (readonly string[])[] = [
  ['ids.ts', 'parsed.ts', 'user-error.ts', 'transient.ts', 'secret.ts', 'markdown.ts', 'json.ts', 'content-budget.ts'],
  ['image'],
  ['manifest'],
  ['config'],
  ['release', 'diff', 'sync', 'helm', 'seal', 'key-pair.ts'],
  ['agent-protocol.ts', 'agent-handshake.ts', 'agent-frames.ts'],
  ['automerge'],
  ['command'],
]

const pureBuiltins = ['node:util', 'node:crypto']
const bags = ['index.ts', 'utils.ts', 'helpers.ts', 'common.ts', 'types.ts']
const agentMustNotLoad = ['probot', '@octokit/rest', 'pg', 'pg-boss', '@electric-sql/pglite', '@kubernetes/client-node']

const sources = typescriptFiles(join(root, 'src')).map((file) => ({
  file: relative(join(root, 'src'), file).replaceAll('\\', '/'),
  text: readFileSync(file, 'utf8'),
}))

test('every import goes in an allowed direction', () => {
  const wrong = sources.flatMap(({ file, text }) =>
    ownImports(file, text)
      .filter((imported) => !mayImport(file, imported))
      .map((imported) => `src/${file} must not import src/${imported}`),
  )
  assert.deepEqual(wrong, [])
})

test('core does no input, output, time or randomness', () => {
  const effects =
    /\b(?:async|await)\b|\b(?:Date\.now|new Date\(\)|Math\.random|process\.|console\.|setTimeout|setInterval|fetch\()/
  const wrong = sources
    .filter(({ file }) => file.startsWith('core/'))
    .flatMap(({ file, text }) => [
      ...packagesOf(text)
        .filter((name) => isBuiltin(name) && !pureBuiltins.includes(name))
        .map((name) => `src/${file} imports ${name}`),
      ...withoutCommentsAndStrings(text)
        .split('\n')
        .flatMap((line, index) => (effects.test(line) ? [`src/${file}:${index + 1}: ${line.trim()}`] : [])),
    ])
  assert.deepEqual(wrong, [])
})

test('the folders inside core form a chain', () => {
  const stepOf = (file: string): number => {
    const name = file.split('/')[1] ?? ''
    return coreSteps.findIndex((step) => step.includes(name))
  }
  const wrong = sources
    .filter(({ file }) => file.startsWith('core/'))
    .flatMap(({ file, text }) => {
      if (stepOf(file) < 0) return [`src/${file} stands on no step of core`]
      return ownImports(file, text)
        .filter((imported) => imported.startsWith('core/'))
        .filter((imported) =>
          stepOf(imported) === stepOf(file)
            ? stepOf(file) > 0 && folder(imported) !== folder(file)
            : stepOf(imported) > stepOf(file),
        )
        .map((imported) => `src/${file} must not import src/${imported}`)
    })
  assert.deepEqual(wrong, [])
})

test('no module is a bag of things', () => {
  assert.deepEqual(
    sources.map(({ file }) => file).filter((file) => bags.includes(file.split('/').at(-1) ?? '')),
    [],
  )
})

test('the agent loads neither Probot nor Octokit nor a database', () => {
  const start = sources.find(({ file }) => file === 'agent/main.ts')
  if (start === undefined) return
  const loaded = packagesReachableFrom(start.file)
  assert.deepEqual(
    agentMustNotLoad.filter((name) => loaded.has(name)),
    [],
  )
})

test('Octokit is spoken in io/github only, and Probot in bot only', () => {
  const home: Record<string, string> = { '@octokit/rest': 'io/github/', probot: 'bot/', 'pg-boss': 'runtime/' }
  const wrong = sources.flatMap(({ file, text }) =>
    packagesOf(text)
      .filter((name) => name in home && !file.startsWith(home[name] ?? '') && !file.startsWith('sandbox/'))
      .map((name) => `src/${file} imports ${name}, which belongs to src/${home[name]}`),
  )
  assert.deepEqual(wrong, [])
})

test('the environment is read in cli only', () => {
  const wrong = sources.filter(
    ({ file, text }) => !file.startsWith('cli/') && /process\.env/.test(withoutCommentsAndStrings(text)),
  )
  assert.deepEqual(
    wrong.map(({ file }) => file).filter((file) => !file.startsWith('sandbox/')),
    [],
  )
})

function mayImport(file: string, imported: string): boolean {
  const from = file.split('/')[0] ?? ''
  const to = imported.split('/')[0] ?? ''
  if (from !== to) return (allowed[from] ?? []).includes(to)
  return from !== 'io' || folder(file) === folder(imported)
}

function folder(file: string): string {
  return file.split('/').slice(0, 2).join('/')
}

function ownImports(file: string, text: string): string[] {
  return specifiers(text)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) =>
      relative(join(root, 'src'), resolve(root, 'src', dirname(file), specifier)).replaceAll('\\', '/'),
    )
}

function packagesOf(text: string): string[] {
  return specifiers(text)
    .filter((specifier) => !specifier.startsWith('.'))
    .map((specifier) =>
      (specifier.startsWith('@') ? specifier.split('/').slice(0, 2) : [specifier.split('/')[0] ?? '']).join('/'),
    )
}

function isBuiltin(name: string): boolean {
  return name.startsWith('node:') || builtinModules.includes(name)
}

function specifiers(text: string): string[] {
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '')
}

function withoutCommentsAndStrings(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|[^:'"`])\/\/.*$/gm, '$1')
    .replace(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, (string) => string.replace(/[^\n]/g, ' '))
}

function packagesReachableFrom(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return new Set()
  seen.add(file)
  const text = sources.find((source) => source.file === file)?.text ?? ''
  const values = text.replace(/import type [^;]*?from\s*'[^']+'/g, '')
  return new Set([
    ...packagesOf(values),
    ...ownImports(file, values).flatMap((imported) => [...packagesReachableFrom(imported, seen)]),
  ])
}

function typescriptFiles(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
}
