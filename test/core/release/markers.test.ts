import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseConfiguration } from '../../../src/core/config/configuration.ts'
import { parseFilePath } from '../../../src/core/ids.ts'
import { readManifest } from '../../../src/core/manifest/workload.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { automatedImages, planRelease } from '../../../src/core/release/plan.ts'

const configuration = guaranteed(
  parseConfiguration('version: 1\nclusters: { production: { path: production }, staging: { path: staging } }\n'),
)

const objects = (range: string): string => `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: { name: web, namespace: flux-system }
spec: { image: ghcr.io/acme/web }
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: web, namespace: flux-system }
spec: { imageRepositoryRef: { name: web }, policy: { semver: { range: '${range}' } } }
`
const kustomization = `kind: Kustomization
images:
  - name: web
    newName: ghcr.io/acme/web # {"$imagepolicy": "flux-system:web:name"}
    newTag: 1.2.0 # {"$imagepolicy": "flux-system:web:tag"}
`
const files = Object.entries({
  'production/policies.yaml': objects('~1.2'),
  'production/kustomization.yaml': kustomization,
  'staging/policies.yaml': objects('>=1.2'),
  'staging/kustomization.yaml': kustomization,
}).map(([file, text]) => ({ file: guaranteed(parseFilePath(file)), reading: readManifest(text) }))

describe('markers of Flux v2', () => {
  test('are released by the policy of their own cluster', () => {
    const tags = ['1.2.0', '1.2.1', '1.3.0']
    const { changes, skipped, problems } = planRelease({
      configuration,
      files,
      factsOf: () => ({ tags: { kind: 'tags', tags }, known: () => undefined, listedSinceMs: () => undefined }),
      now: new Date(0),
    })
    assert.deepEqual(
      changes.map(({ cluster, file, use, image, from, to }) => [cluster, file, use.line, image, from, to]),
      [
        ['production', 'production/kustomization.yaml', 5, 'ghcr.io/acme/web', '1.2.0', '1.2.1'],
        ['staging', 'staging/kustomization.yaml', 5, 'ghcr.io/acme/web', '1.2.0', '1.3.0'],
      ],
    )
    assert.deepEqual([skipped, problems], [[], []])
  })

  test('are what registries are asked for', () => {
    assert.deepEqual(automatedImages(configuration, files), ['ghcr.io/acme/web'])
  })
})
