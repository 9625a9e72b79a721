import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lotse } from '../cli/run-cli.ts'
import { joinCluster } from './on-cluster.ts'

// The demo starts an API server of its own; where there can be none, this says so.
const cluster = await joinCluster('demo')

if (cluster !== undefined) {
  test('lotse demo --once tells the whole story', { timeout: 120_000 }, async () => {
    const { code, stdout, stderr } = await lotse(['demo', '--once'], { environment: whereToolsAre() })
    assert.equal(code, 0, stderr)
    assert.match(stdout, /#1 “Auto-release [^”]+:1\.2\.1” is merged/)
    assert.match(stdout, /deployment\/demo-worker runs eu\.gcr\.io\/project\/demo-service:1\.2\.1/)
    assert.match(stdout, /deployment\/demo-worker has 2 replicas/)
    assert.match(stdout, /needs the role write/)
  })
}

/** What the resolver of tools looks at. */
function whereToolsAre(): Readonly<Record<string, string>> {
  const named = /^(?:HOME|XDG_CACHE_HOME|GO\w+|\w+_BIN)$/
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      named.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  )
}
