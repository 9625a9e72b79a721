import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Tool, toolFits, tools } from '../../../src/sandbox/tools/tool.ts'

const modules = join(import.meta.dirname, '..', '..', '..', 'tools')

for (const tool of Object.values<Tool>(tools)) {
  test(`the version of ${tool.name} is the one that its go.mod pins`, async () => {
    const text = await readFile(join(modules, tool.source.module, 'go.mod'), 'utf8')
    const pinned = text
      .split('\n')
      .map((line) => /^\s+(\S+) (v\S+)/.exec(line))
      .find((match) => match !== null && tool.source.package.startsWith(match[1] ?? '?'))
    assert.equal(pinned?.[2], `v${tool.version}`)
    assert.ok(text.includes(`\t${tool.source.package}\n`) || text.includes(`tool ${tool.source.package}\n`))
  })

  test(`the version of ${tool.name} fits what is asked for`, () => assert.ok(toolFits(tool, tool.version)))
}

test('the parts of Kubernetes are of its own version, and there is no part whose go.mod asks for another', async () => {
  const text = await readFile(join(modules, 'kubernetes', 'go.mod'), 'utf8')
  const replaced = [...text.matchAll(/^\t(k8s\.io\/\S+) => (\S+) v(\S+)$/gm)]
  const version = tools['kube-apiserver'].version.replace(/^1\./, '0.')
  assert.ok(replaced.length > 20)
  assert.deepEqual(
    replaced.filter(([, from, to, of]) => from !== to || of !== version),
    [],
  )
})
