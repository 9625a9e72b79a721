import { createJobs } from '../../src/runtime/jobs.ts'
import { openDatabase, type DatabasePlace } from '../../src/io/store/database.ts'
import { Secret } from '../../src/core/secret.ts'
import { silentLogger } from '../../src/runtime/log.ts'

// A process to be killed: it begins every job of the journey and ends none.
const [schema = '', folder] = process.argv.slice(2)
const url = process.env['DATABASE_URL']
const place: DatabasePlace =
  folder === undefined ? { kind: 'server', url: new Secret(url ?? '') } : { kind: 'folder', path: folder }
const database = await openDatabase(place, { schema })
const jobs = await createJobs({ database, log: silentLogger, random: Math.random })
await jobs.work({
  async release(key) {
    process.stdout.write(`${key}\n`)
    await new Promise(() => {})
  },
})
