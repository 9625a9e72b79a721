import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextPage } from '../../../src/io/registry/next-page.ts'

const current = new URL('https://registry.example.org/base/v2/a/tags/list?n=2')
const next = (query: string) => ({ kind: 'next', url: `https://registry.example.org/base/v2/a/tags/list${query}` })

const rows: readonly { name: string; header: string | null; page: unknown }[] = [
  { name: 'the end without a header', header: null, page: { kind: 'end' } },
  { name: 'the end with another relation', header: '</v2/a/tags/list?last=b>; rel="prev"', page: { kind: 'end' } },
  { name: 'a relative target', header: '</base/v2/a/tags/list?last=b&n=2>; rel="next"', page: next('?last=b&n=2') },
  {
    name: 'an absolute target',
    header: '<https://registry.example.org/base/v2/a/tags/list?last=b>; rel="next"',
    page: next('?last=b'),
  },
  {
    name: 'a target without brackets and quotes',
    header: '/v2/a/tags/list?next_page=x%3D; rel=next',
    page: next('?next_page=x%3D'),
  },
  { name: 'one of several relations', header: '</x?last=b>; rel="first next"', page: next('?last=b') },
  { name: 'one of several links', header: '</x?n=1>; rel="first", </x?last=b>; rel="next"', page: next('?last=b') },
  { name: 'a comma inside of brackets', header: '</x?last=a,b>; rel="next"', page: next('?last=a,b') },
  { name: 'another attribute first', header: '</x?last=b>; title="a"; rel="next"', page: next('?last=b') },
  {
    name: 'the own path, where the target forgets a prefix',
    header: '</v2/a/tags/list?last=b>; rel="next"',
    page: next('?last=b'),
  },
  {
    name: 'the own path, where the target is another',
    header: '</v2/secret/tags/list?last=b>; rel="next"',
    page: next('?last=b'),
  },
  {
    name: 'another host as elsewhere',
    header: '<http://169.254.169.254/latest/meta-data>; rel="next"',
    page: { kind: 'elsewhere', origin: 'http://169.254.169.254' },
  },
  {
    name: 'the own port, where the target has that behind a proxy',
    header: '<https://registry.example.org:8443/repository/docker/v2/a/tags/list?last=b>; rel="next"',
    page: next('?last=b'),
  },
  {
    name: 'the own protocol, where the target has that behind a proxy',
    header: '<http://registry.example.org/v2/a/tags/list?last=b>; rel="next"',
    page: next('?last=b'),
  },
  {
    name: 'another protocol than that of any registry as elsewhere',
    header: '<ftp://registry.example.org/v2/a/tags/list?last=b>; rel="next"',
    page: { kind: 'elsewhere', origin: 'ftp://registry.example.org' },
  },
  {
    name: 'no host as elsewhere',
    header: '<data:application/json,{}>; rel="next"',
    page: { kind: 'elsewhere', origin: 'data:' },
  },
  {
    name: 'a host without protocol as elsewhere',
    header: '<//evil.example/v2/>; rel="next"',
    page: { kind: 'elsewhere', origin: 'https://evil.example' },
  },
]

for (const { name, header, page } of rows) {
  test(`nextPage reads ${name}`, () => {
    const found = nextPage(header, current)
    assert.deepEqual(found.kind === 'next' ? { ...found, url: found.url.href } : found, page)
  })
}

// Headers end at 16 KiB. What grows with the square of the length would not be seen there, and takes minutes here.
test('nextPage needs no more time than a header has characters', () => {
  for (const unit of ['<', '<a', ';', 'a', 'a;', 'a; rel=', '"', ';a=', '<>;a="', '<a>;a=b', ' ;x=" '])
    assert.deepEqual(nextPage(unit.repeat(400_000 / unit.length), current), { kind: 'end' }, unit)
})
