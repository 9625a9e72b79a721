import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import { notificationFormats } from '../../src/core/image/registry-notification-formats.ts'
import { provesSecret } from '../../src/core/image/registry-notification-proof.ts'
import { parseRegistryNotification } from '../../src/core/image/registry-notification.ts'
import { Secret } from '../../src/core/secret.ts'
import { readHosts } from '../../src/io/registry/hosts.ts'
import { loginIn } from '../../src/io/registry/docker-config.ts'
import { defaultLimits } from '../../src/io/registry/transport.ts'
import { parseRegistries, registryFields } from '../../src/runtime/registries.ts'
import { codeBlocks, readDocument, rowsOf } from './tables.ts'

const page = readDocument('registries.md')

/** The rows of the table with this head. */
function table(head: string): readonly (readonly string[])[] {
  const [, below] = page.split(`\n${head}\n`)
  assert.ok(below !== undefined, head)
  const [rows = ''] = below.split('\n\n')
  return rowsOf(rows)
}

describe('docs/registries.md', () => {
  test('has a row for each kind of notification that is understood', () => {
    const named = table('| registry | how it tells Lotse |').map(([name = '']) => name)
    const known = ['distribution', 'GitLab', ...notificationFormats.map(({ of }) => of)]
    assert.deepEqual(named.toSorted(), known.toSorted())
  })

  test('names only ways to show the secret that are ways, and all of them', () => {
    const secret = 'a secret of thirty-two bytes or more'
    const body = Buffer.from('{}')
    const hmac = (algorithm: string): string => createHmac(algorithm, secret).update(body).digest('hex')
    const values = [
      `Bearer ${secret}`,
      secret,
      `Basic ${Buffer.from(`lotse:${secret}`).toString('base64')}`,
      secret,
      `sha256=${hmac('sha256')}`,
      hmac('sha1'),
    ]
    const rows = table('| header | what is in it |')
    assert.equal(rows.length, values.length)
    for (const [index, [cell = '']] of rows.entries()) {
      const headers = { [cell.replaceAll('`', '').toLowerCase()]: values[index] }
      assert.ok(provesSecret(new Secret(secret), { headers, body }), cell)
    }
  })

  test('has a list of registries that is understood, with each field', () => {
    const examples = codeBlocks(page, 'json')
    assert.equal(examples.length, 1)
    const registries = parseRegistries(examples[0] ?? '')
    assert.ok(registries.ok, JSON.stringify(registries))
    assert.equal(readHosts(registries.value).size, registries.value.length)
    const fields = new Set(registries.value.flatMap((registry) => Object.keys(registry)))
    assert.deepEqual([...fields].toSorted(), registryFields.toSorted())
  })

  test('has a docker config that names a program', () => {
    const [, config] = /^ {2}```json\n(.*?)^ {2}```$/ms.exec(page) ?? []
    const login = loginIn(Buffer.from(config ?? ''), '123456789012.dkr.ecr.eu-central-1.amazonaws.com')
    assert.ok(login.ok && login.value?.kind === 'program')
    assert.equal(login.value.program, 'ecr-login')
  })

  test('has a command for pipelines that is understood', () => {
    const [command = ''] = codeBlocks(page, 'sh')
    const [, body = ''] = /-d '(.*)'/.exec(command) ?? []
    const host = /registry\/([^"]+)"/.exec(command)?.[1] ?? ''
    assert.deepEqual(parseRegistryNotification(JSON.parse(body), { host }), {
      ok: true,
      value: [{ image: 'registry.example.org/team/app', tag: '1.2.0' }],
    })
  })

  test('says the limits of an answer', () => {
    const { timeoutMs, bodyBytes, pages, listBytes, listMs } = defaultLimits
    const mebibytes = (bytes: number): string => `${bytes / 1024 / 1024} MiB`
    const said = `An answer has ${timeoutMs / 1000} seconds and ${mebibytes(bodyBytes)}, a list of tags ${pages} pages, ${mebibytes(listBytes)} and ${listMs / 60_000} minutes.`
    assert.ok(page.includes(said), said)
  })
})

test('docs/settings.md describes each field of a registry', () => {
  const [, section = ''] = readDocument('settings.md').split('\n## Registries\n')
  const [bullets = ''] = section.split('\n## ')
  const described = [...bullets.matchAll(/^- (.*?):/gm)].flatMap(([, names = '']) => names.match(/\w+(?=`)/g) ?? [])
  assert.deepEqual(described, [...registryFields])
})
