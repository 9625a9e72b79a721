import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { parseConfiguration } from '../../../src/core/config/configuration.ts'
import { imageRuleFor, parseImagePattern } from '../../../src/core/config/image-rule.ts'
import { parseClusterName, parseFilePath } from '../../../src/core/ids.ts'
import { parseImageName } from '../../../src/core/image/ref.ts'
import { guaranteed } from '../../../src/core/parsed.ts'

const configuration = guaranteed(
  parseConfiguration(`version: 1
clusters: { staging: { path: staging }, production: { path: production } }
images:
  - { match: eu.gcr.io/project/app, policy: exact }
  - { match: eu.gcr.io/project/*, policy: of-files, files: ["*/apps/**", "**/special.yaml"] }
  - { match: eu.gcr.io/project/*, policy: of-staging, clusters: [staging] }
  - { match: eu.gcr.io/*/app, policy: of-any-project }
  - { match: nginx, policy: of-nginx }
  - { match: bitnami/*, policy: of-bitnami }
  - { match: localhost:5000/*, policy: of-localhost }
  - { match: "*-service", policy: of-services }
`),
)

suite('imageRuleFor', () => {
  const rows: readonly [image: string, cluster: string, file: string, policy: string | undefined][] = [
    ['eu.gcr.io/project/app', 'staging', 'staging/apps/a.yaml', 'exact'],
    ['eu.gcr.io/project/b', 'production', 'production/apps/a.yaml', 'of-files'],
    ['eu.gcr.io/project/b/c', 'production', 'production/x/special.yaml', 'of-files'],
    ['eu.gcr.io/project/b', 'staging', 'staging/a.yaml', 'of-staging'],
    ['eu.gcr.io/project/b', 'production', 'production/a.yaml', undefined],
    ['eu.gcr.io/other/app', 'production', 'production/a.yaml', 'of-any-project'],
    ['eu.gcr.io/a/b/app', 'production', 'production/a.yaml', 'of-any-project'],
    ['eu.gcr.io/projectile/b', 'staging', 'staging/a.yaml', undefined],
    ['nginx', 'staging', 'staging/a.yaml', 'of-nginx'],
    ['docker.io/library/nginx', 'staging', 'staging/a.yaml', 'of-nginx'],
    ['quay.io/nginx', 'staging', 'staging/a.yaml', undefined],
    ['bitnami/redis', 'staging', 'staging/a.yaml', 'of-bitnami'],
    ['localhost:5000/a/b', 'staging', 'staging/a.yaml', 'of-localhost'],
    ['quay.io/acme/demo-service', 'production', 'production/a.yaml', 'of-services'],
  ]
  for (const [image, cluster, file, policy] of rows) {
    test(`${image} in ${file} has ${policy ?? 'none'}`, () => {
      const rule = imageRuleFor(configuration, {
        image: guaranteed(parseImageName(image)),
        cluster: guaranteed(parseClusterName(cluster)),
        file: guaranteed(parseFilePath(file)),
      })
      assert.equal(rule?.policy, policy)
    })
  }
})

suite('parseImagePattern', () => {
  const rows: readonly [text: string, match: string][] = [
    ['nginx', 'docker.io/library/nginx'],
    ['index.docker.io/nginx', 'docker.io/library/nginx'],
    ['nginx*', 'docker.io/library/nginx*'],
    ['bitnami/*', 'docker.io/bitnami/*'],
    ['index.docker.io/bitnami/*', 'docker.io/bitnami/*'],
    ['docker.io/nginx-*', 'docker.io/library/nginx-*'],
    ['docker.io/eu*/app', 'docker.io/eu*/app'],
    ['docker.io/*', 'docker.io/*'],
    ['registry-1.docker.io/*/web', 'docker.io/*/web'],
    ['*', '*'],
    ['*/app', '*/app'],
    ['*-service', '*-service'],
    ['eu*/app', 'eu*/app'],
    ['eu.gcr.io*', 'eu.gcr.io*'],
    ['eu.gcr.io/*', 'eu.gcr.io/*'],
    ['localhost/*', 'localhost/*'],
    ['registry:5000/*', 'registry:5000/*'],
  ]
  for (const [text, match] of rows) {
    test(`${text} is ${match}`, () => assert.equal(guaranteed(parseImagePattern(text)), match))
  }

  test('reads the name of an image as a manifest does', () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,8}$/)
    const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
    fc.assert(fc.property(name, (text) => assert.deepEqual(parseImagePattern(text), parseImageName(text))))
  })

  test('a pattern of 300 stars on the longest name is over soon', () => {
    const rule = { match: guaranteed(parseImagePattern(`${'*a'.repeat(150)}b`)), policy: 'a' }
    const image = guaranteed(parseImageName(`quay.io/${'a'.repeat(240)}`))
    const at = { cluster: guaranteed(parseClusterName('a')), file: guaranteed(parseFilePath('a.yaml')) }
    for (let i = 0; i < 1000; i++) assert.equal(imageRuleFor({ images: [rule] }, { image, ...at }), undefined)
  })
})
