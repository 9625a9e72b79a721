import { resolveTool } from '../../../src/sandbox/tools/resolve.ts'
import { greeter } from './greeter.ts'

// node resolve-greeter.ts DEPS: another process that wants the same tool, and prints where it is.
const { path } = await resolveTool(greeter, JSON.parse(process.argv[2] ?? '{}'))
process.stdout.write(`${path}\n`)
