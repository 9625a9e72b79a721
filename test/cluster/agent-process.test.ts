import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { lotse, startLotse } from '../cli/run-cli.ts'
import { type Ground, configMapFile, namespaceFile, openGround } from '../agent/ground.ts'
import { testsOnCluster } from './on-cluster.ts'

const onCluster = testsOnCluster(import.meta.filename)

onCluster('lotse agent syncs as a pod would, and ends at SIGTERM', async (cluster) => {
  await using ground = await openGround(cluster, `${cluster.namespace}-pod`)
  await runsAndEnds(ground, [], await ground.environment())
})

onCluster('lotse agent --kubeconfig syncs from a laptop', async (cluster) => {
  await using ground = await openGround(cluster, `${cluster.namespace}-laptop`)
  const file = join(ground.folder, 'kubeconfig')
  await writeFile(file, cluster.kubeconfig())
  const { KUBERNETES_SERVER: _server, ...environment } = await ground.environment()
  await runsAndEnds(ground, ['--kubeconfig', file], environment)
})

onCluster('lotse agent says what it needs when it is in no cluster', async (cluster) => {
  await using ground = await openGround(cluster, `${cluster.namespace}-nowhere`)
  const { KUBERNETES_SERVER: _server, ...environment } = await ground.environment()
  const { code, stderr } = await lotse(['agent'], { environment })
  assert.equal(code, 1)
  assert.match(stderr, /^lotse: expected KUBERNETES_SERVER.*\n.*--kubeconfig/)
})

async function runsAndEnds(
  ground: Ground,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const { name } = ground
  await ground.commit({
    'namespace.yaml': namespaceFile(name),
    'settings.yaml': configMapFile('settings', name, { value: 'a' }),
  })
  const child = startLotse(['agent', ...args], { environment })
  const lines: string[] = []
  child.stderr.on('data', (chunk) => void lines.push(String(chunk)))
  for await (const line of createInterface(child.stdout)) {
    lines.push(line)
    if (line.includes('"sync ended"')) child.kill('SIGTERM')
  }
  if (child.exitCode === null) await once(child, 'exit')
  assert.equal(child.exitCode, 0, lines.join('\n'))
  assert.match(lines.join('\n'), /"result":"full".*"sync ended"/)
  assert.equal((await ground.live(`/api/v1/namespaces/${name}/configmaps/settings`)).data.value, 'a')
}
