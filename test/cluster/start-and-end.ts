import { startCluster } from '../../src/sandbox/cluster/cluster.ts'

// node start-and-end.ts TOOLS HOW: another process that starts a cluster, and ends in one way or another.
const [tools = '{}', how = ''] = process.argv.slice(2)
const cluster = await startCluster({ tools: JSON.parse(tools) })
process.stdout.write(`${cluster.url}\n`)

if (how === 'closes it') await cluster.close()
if (how === 'forgets to close it') process.exit(0)
if (how === 'throws') throw new Error('of the test')
if (how === 'is killed with -9') process.kill(process.pid, 'SIGKILL')
