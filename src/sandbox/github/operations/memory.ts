import { type GitRepository } from '../git.ts'

/** Remembers, per repository, what follows from commits alone and so never changes. The key names those commits. */
export function createMemory<T>(): (git: GitRepository, key: string, compute: () => Promise<T>) => Promise<T> {
  const memories = new WeakMap<GitRepository, Map<string, Promise<T>>>()
  return (git, key, compute) => {
    const memory = memories.get(git) ?? new Map<string, Promise<T>>()
    memories.set(git, memory)
    const known = memory.get(key)
    if (known !== undefined) return known
    const computed = compute()
    memory.set(key, computed)
    return computed
  }
}
