import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readManifest } from '../../../src/core/manifest/workload.ts'
import { formatProblem } from '../../../src/core/parsed.ts'

function read(annotations: string): { readonly automation: unknown; readonly problems: readonly string[] } {
  const { images, problems } = readManifest(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations:
${annotations.replaceAll(/^/gm, '    ')}
spec: {template: {metadata: {annotations: {fluxcd.io/locked: "true"}}, spec: {containers: [{name: web, image: nginx}]}}}
`)
  return { automation: images[0]?.automation, problems: problems.map(formatProblem) }
}

const silent = { automated: false, automatedSaid: false, ignored: false }
const on = { ...silent, automated: true, automatedSaid: true }

suite('annotations mean', () => {
  const rows: readonly [annotations: string, automation: unknown][] = [
    ['other: "true"', silent],
    ['fluxcd.io/automated: "true"', on],
    ["flux.weave.works/automated: 'true'", on],
    ['fluxcd.io/automated: "false"', { ...silent, automatedSaid: true }],
    ['fluxcd.io/locked: "true"', { ...silent, locked: {} }],
    ['fluxcd.io/locked: "false"\nfluxcd.io/locked_user: ann', silent],
    [
      'flux.weave.works/locked: "true"\nflux.weave.works/locked_user: Ann <ann@acme.io>\nfluxcd.io/locked_msg: |\n  freeze\n  until Monday',
      { ...silent, locked: { by: 'Ann <ann@acme.io>', message: 'freeze\nuntil Monday\n' } },
    ],
    ['fluxcd.io/ignore: "true"', { ...silent, ignored: true }],
    ['flux.weave.works/ignore: "true"', { ...silent, ignored: true }],
    ['fluxcd.io/ignore: sync_only', silent],
    ['flux.weave.works/locked: "true"', { ...silent, locked: {} }],
    ['fluxcd.io/automated: "true"\nfluxcd.io/locked: "true"', { ...on, locked: {} }],
    ['fluxcd.io/tag.web: semver:~1.0', { ...silent, policy: 'semver:~1.0' }],
    ['flux.weave.works/tag.web: glob:main-*', { ...silent, policy: 'glob:main-*' }],
    ['filter.fluxcd.io/web: regexp:^v', { ...silent, policy: 'regexp:^v' }],
    ['fluxcd.io/automated: "true"\nflux.weave.works/automated: "true"', on],
  ]
  for (const [annotations, automation] of rows) {
    test(JSON.stringify(annotations), () => assert.deepEqual(read(annotations), { automation, problems: [] }))
  }
})

suite('annotations are told to be wrong', () => {
  const rows: readonly [annotations: string, automation: unknown, problem: string][] = [
    [
      'flux.weave.works/automated: "false"\nfluxcd.io/automated: "true"',
      on,
      '6:33: `flux.weave.works/automated` says `false` and `fluxcd.io/automated` says `true`, which counts (keep one of them)',
    ],
    [
      'filter.fluxcd.io/web: glob:a\nflux.weave.works/tag.web: glob:b',
      { ...silent, policy: 'glob:b' },
      '6:27: `filter.fluxcd.io/web` says `glob:a` and `flux.weave.works/tag.web` says `glob:b`, which counts (keep one of them)',
    ],
    [
      'fluxcd.io/automated: true',
      on,
      '6:26: `fluxcd.io/automated` is no text for Kubernetes, which will refuse the object (write "true" with quotes)',
    ],
    [
      'fluxcd.io/locked: "false"\nflux.weave.works/locked: "true"',
      silent,
      '7:30: `flux.weave.works/locked` says `true` and `fluxcd.io/locked` says `false`, which counts (keep one of them)',
    ],
    [
      'flux.weave.works/tag.web: glob:b\nfluxcd.io/tag.web: glob:a',
      { ...silent, policy: 'glob:a' },
      '6:31: `flux.weave.works/tag.web` says `glob:b` and `fluxcd.io/tag.web` says `glob:a`, which counts (keep one of them)',
    ],
    ['fluxcd.io/locked: "TRUE"', silent, '6:23: expected `fluxcd.io/locked` to be "true" or "false", got `TRUE`'],
    [
      'fluxcd.io/locked: true',
      { ...silent, locked: {} },
      '6:23: `fluxcd.io/locked` is no text for Kubernetes, which will refuse the object (write "true" with quotes)',
    ],
    [
      'fluxcd.io/automated: "True"',
      { ...silent, automatedSaid: true },
      '6:26: expected `fluxcd.io/automated` to be "true" or "false", got `True`',
    ],
    [
      'fluxcd.io/automated: "yes"',
      { ...silent, automatedSaid: true },
      '6:26: expected `fluxcd.io/automated` to be "true" or "false", got `yes`',
    ],
    [
      'fluxcd.io/ignore: "sync-only"',
      silent,
      '6:23: expected `fluxcd.io/ignore` to be "true" or "false" or "sync_only", got `sync-only`',
    ],
    [
      'fluxcd.io/tag.web: semver:1.2 beta',
      { ...silent, policy: 'semver:1.2 beta' },
      '6:24: expected a version constraint like `~1.2` or `>=1.0, <2.0`, got `1.2 beta` (see https://github.com/Masterminds/semver#checking-version-constraints)',
    ],
    [
      'fluxcd.io/tag.wbe: glob:*',
      silent,
      '6:24: `fluxcd.io/tag.wbe` names no container with an image here (the containers are web)',
    ],
    [
      'filter.fluxcd.io/tag.web: glob:*',
      silent,
      '6:31: `filter.fluxcd.io/tag.web` names no container with an image here (the containers are web)',
    ],
  ]
  for (const [annotations, automation, problem] of rows) {
    test(JSON.stringify(annotations), () => assert.deepEqual(read(annotations), { automation, problems: [problem] }))
  }

  const nothing = (key: string) => `\`fluxcd.io/${key}\` has no text (write it in quotes, or take it out)`
  const noPattern = 'expected a pattern like `glob:main-*`, got ``'
  for (const [written, column] of [
    ['', 23],
    [' ~', 24],
    [' []', 24],
    [' {a: b}', 24],
  ] as const)
    test(`a policy of \`${written}\`, which is not "any tag"`, () =>
      assert.deepEqual(read(`fluxcd.io/tag.web:${written}`), {
        automation: { ...silent, policy: '' },
        problems: [`6:${column}: ${nothing('tag.web')}`, `6:${column}: ${noPattern}`],
      }))
  test('a policy without text before one that has some', () => {
    const { automation } = read('flux.weave.works/tag.web: glob:b\nfluxcd.io/tag.web:')
    assert.deepEqual(automation, { ...silent, policy: '' })
  })
  test('a word without text', () => {
    const off = { ...silent, automatedSaid: true }
    assert.deepEqual(read('fluxcd.io/automated:'), { automation: off, problems: [`6:25: ${nothing('automated')}`] })
    assert.deepEqual(read('fluxcd.io/locked: []'), { automation: silent, problems: [`6:23: ${nothing('locked')}`] })
  })
})
