#!/usr/bin/env node
// Plain JavaScript, because the Node that `npx` finds first may be too old to run TypeScript: the one that `npm ci`
// has put into the checkout does it then, and where there is none, somebody is told what to do.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const file = (path) => fileURLToPath(new URL(path, import.meta.url))
const needed = JSON.parse(readFileSync(file('../package.json'), 'utf8')).engines.node
const main = file('../src/cli/main.ts')
const ownNode = file(`../node_modules/node/bin/node${process.platform === 'win32' ? '.exe' : ''}`)

if (isAtLeast(process.versions.node, needed)) await import(new URL('../src/cli/main.ts', import.meta.url).href)
else if (existsSync(ownNode)) handOver()
else {
  process.stderr.write(`lotse: expected Node ${needed}, got ${process.versions.node}\n`)
  process.stderr.write('  Install a newer one (https://nodejs.org), or run `npm ci`, which brings one along.\n')
  process.exitCode = 1
}

function handOver() {
  const child = spawn(ownNode, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
  // A terminal sends its signals to both of us: only the other one is to act on an interrupt.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** `24.21.0` and `>=24.12`: only the two numbers that an engine names. */
function isAtLeast(version, range) {
  const [major, minor] = version.split('.').map(Number)
  const [leastMajor = 0, leastMinor = 0] = range.replace('>=', '').split('.').map(Number)
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
}
