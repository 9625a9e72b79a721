import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '..')

/** A rule that is switched on and does not fire is worse than none: these are the two that guard the most. */
const wrong: readonly (readonly [rule: string, code: string])[] = [
  [
    'no-floating-promises',
    'async function write(): Promise<void> {}\nexport function forget(): void {\n  write()\n}\n',
  ],
  [
    'switch-exhaustiveness-check',
    "type Kind = 'a' | 'b'\nexport function act(kind: Kind): void {\n  switch (kind) {\n    case 'a':\n      return\n  }\n}\n",
  ],
]

for (const [rule, code] of wrong) {
  test(`lint fires ${rule}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lotse-lint-'))
    try {
      await cp(join(root, 'tsconfig.json'), join(folder, 'tsconfig.json'))
      await writeFile(join(folder, 'wrong.ts'), code)
      const { failed, output } = await lint(folder)
      assert.ok(failed, output)
      assert.ok(output.includes(rule), output)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
}

function lint(folder: string): Promise<{ readonly failed: boolean; readonly output: string }> {
  const config = ['-c', join(root, '.oxlintrc.json'), '--type-aware', '--deny-warnings']
  return new Promise((done) => {
    execFile(join(root, 'node_modules/.bin/oxlint'), [...config, '.'], { cwd: folder }, (error, out, err) =>
      done({ failed: error !== null, output: `${out}${err}` }),
    )
  })
}
