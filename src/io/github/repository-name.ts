import type { RepoName } from '../../core/ids.ts'

export function ownerAndName(repository: RepoName): readonly [owner: string, name: string] {
  const [owner = '', name = ''] = repository.split('/')
  return [owner, name]
}
