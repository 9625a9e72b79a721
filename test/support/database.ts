import { randomBytes } from 'node:crypto'
import { Client } from 'pg'

/** A database of its own on the server that `DATABASE_URL` names; undefined where the tests run on the embedded one. */
export async function temporaryDatabase(): Promise<{ readonly url: string; drop(): Promise<void> } | undefined> {
  const server = process.env['DATABASE_URL']
  if (server === undefined) return undefined
  const name = `story_${randomBytes(6).toString('hex')}`
  await ask(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => ask(server, `drop database ${name} with (force)`) }
}

async function ask(server: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: server })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
