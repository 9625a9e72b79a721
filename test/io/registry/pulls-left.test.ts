import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRegistry } from '../../../src/io/registry/client.ts'
import { image, serve } from './test-server.ts'

const rows: readonly (readonly [name: string, header: string | undefined, left: number | undefined])[] = [
  ['what Docker Hub says', '76;w=21600', 76],
  ['that there are none', '0;w=21600', 0],
  ['nothing of who says nothing', undefined, undefined],
  ['nothing of who counts something else', '76', undefined],
  ['nothing of who says nonsense', '-1;w=x', undefined],
]

for (const [name, header, left] of rows) {
  test(`pullsLeft says ${name}`, async (t) => {
    const registry = await serve(t, (_, response) => {
      const limit = header === undefined ? {} : { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': header }
      response.writeHead(200, {
        'content-type': 'application/vnd.oci.image.index.v1+json',
        'docker-content-digest': `sha256:${'0'.repeat(64)}`,
        ...limit,
      })
      response.end()
    })
    const client = createRegistry({ registries: [{ host: 'eu.gcr.io', url: registry.url }] })
    assert.deepEqual(client.pullsLeft(), new Map())
    assert.equal((await client.headManifest(image, '1.2.0')).kind, 'manifest')
    assert.deepEqual(client.pullsLeft(), new Map(left === undefined ? [] : [['eu.gcr.io', left]]))
  })
}
