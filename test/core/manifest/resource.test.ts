import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseWorkloadId, workloadId } from '../../../src/core/manifest/resource.ts'
import { guaranteed } from '../../../src/core/parsed.ts'

test('a workload id parses as it is formatted', () => {
  for (const resource of [
    { kind: 'Deployment', name: 'a.b' },
    { kind: 'HelmRelease', namespace: 'n-1', name: 'x' },
  ]) {
    const id = workloadId(resource)
    assert.equal(guaranteed(parseWorkloadId(id)), id)
  }
  assert.equal(workloadId({ kind: 'Deployment', name: 'web' }), 'default:deployment/web')
})

suite('parseWorkloadId refuses', () => {
  for (const text of [
    '',
    'web',
    'deployment/web',
    'default:deployment',
    'default:Deployment/web',
    'a b:deployment/web',
    ':x/y',
  ]) {
    test(JSON.stringify(text), () => assert.equal(parseWorkloadId(text).ok, false))
  }
})
