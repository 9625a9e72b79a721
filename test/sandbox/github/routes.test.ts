import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { askedOf } from '../../../src/sandbox/github/http/permissions.ts'
import { createRouter } from '../../../src/sandbox/github/http/router.ts'
import { allRoutes } from '../../../src/sandbox/github/routes/all-routes.ts'

suite('routes', () => {
  for (const route of allRoutes.filter(({ handle }) => handle.by === 'permission')) {
    test(`${route.method} ${route.path} asks for a permission`, () => {
      assert.ok((askedOf(route)?.length ?? 0) > 0)
    })
  }

  const router = createRouter(allRoutes)
  for (const [path, pattern, params] of [
    ['/repos/a/b/contents/x/y%2Fz', '/repos/{owner}/{repo}/contents/{path}', { owner: 'a', repo: 'b', path: 'x/y/z' }],
    ['/repos/a/b/contents', '/repos/{owner}/{repo}/contents/{path}', { owner: 'a', repo: 'b', path: '' }],
    [
      '/repos/a/b/git/ref/heads/x/y',
      '/repos/{owner}/{repo}/git/ref/{ref}',
      { owner: 'a', repo: 'b', ref: 'heads/x/y' },
    ],
    [
      '/repos/a/b/commits/x/y/status',
      '/repos/{owner}/{repo}/commits/{ref}/status',
      { owner: 'a', repo: 'b', ref: 'x/y' },
    ],
    ['/repos/a/b/commits/x/y', '/repos/{owner}/{repo}/commits/{ref}', { owner: 'a', repo: 'b', ref: 'x/y' }],
    [
      '/repos/a/b/compare/m...x%2Fy',
      '/repos/{owner}/{repo}/compare/{basehead}',
      { owner: 'a', repo: 'b', basehead: 'm...x/y' },
    ],
    ['/repos/a/b/issues/comments', '/repos/{owner}/{repo}/issues/comments', { owner: 'a', repo: 'b' }],
  ] as const) {
    test(`${path} is ${pattern}`, () => {
      const found = router.match('GET', path)
      assert.deepEqual([found?.route.path, { ...found?.params }], [pattern, params])
    })
  }
})
