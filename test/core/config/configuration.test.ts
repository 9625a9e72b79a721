import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import {
  type Configuration,
  clusterNamed,
  clusterOf,
  parseConfiguration,
} from '../../../src/core/config/configuration.ts'
import { parseFilePath } from '../../../src/core/ids.ts'
import { formatProblem, guaranteed } from '../../../src/core/parsed.ts'
import { agentKey } from './agent-keys.ts'

const others = { group: 'image', minimumAgeMs: 0, freeze: [], maxOpen: 10, ignore: [] }
const defaults = { merge: 'manual', mergeMethod: 'squash', checks: 'required', ...others }
const rest = { pullRequests: { labels: [], reviewers: [], commitPrefix: '' }, images: [] }

/** What stands for the clusters of a file that names none. */
function wholeRepository(release: unknown): unknown {
  return { default: { path: '.', agents: [], prune: { budget: 10 }, release } }
}

suite('parseConfiguration reads', () => {
  const rows: readonly [what: string, text: string, configuration: unknown][] = [
    [
      '`version: 1` alone',
      'version: 1',
      { version: 1, clusters: wholeRepository(defaults), release: defaults, ...rest },
    ],
    ['no clusters', 'version: 1\nclusters: {}', { version: 1, clusters: {}, release: defaults, ...rest }],
    [
      'every key',
      `# yaml-language-server: $schema=https://lotse.dev/schema/v1.json
version: 1
clusters:
  staging:
    path: clusters/staging
    agents: ["${agentKey('old')}", "${agentKey('new')} rotated in May"]
    environment: Staging (EU)
    prune: { budget: 0 }
    release: { merge: auto, merge-method: rebase, checks: none }
release: { merge: manual, merge-method: merge, checks: required }
`,
      {
        version: 1,
        clusters: {
          staging: {
            path: 'clusters/staging',
            agents: [agentKey('old'), agentKey('new')],
            environment: 'Staging (EU)',
            prune: { budget: 0 },
            release: { merge: 'auto', mergeMethod: 'rebase', checks: 'none', ...others },
          },
        },
        release: { merge: 'manual', mergeMethod: 'merge', checks: 'required', ...others },
        ...rest,
      },
    ],
    [
      'when, how and what to release',
      `version: 1
clusters:
  staging: { path: staging, release: { minimum-age: 0h, freeze: [], window: {}, max-open: 3, ignore: [] } }
release:
  merge: commit
  group: workload
  minimum-age: 90m
  freeze:
    - { from: 2026-12-20, to: 2027-01-06, reason: holidays }
    - { from: 2026-11-27T18:00:00+01:00, to: 2026-11-27T20:00:00Z }
  window: { days: "sat,fri-mon", hours: 22:00-04:00, zone: Europe/Berlin }
  ignore: [legacy/**, "*/a?.yaml"]
pull-requests: { labels: [release, "kind: bot"], reviewers: [alice, team:platform], commit-prefix: "chore: " }
images:
  - { match: eu.gcr.io/project/*, policy: "semver:~1.2", clusters: [staging], files: [staging/a/**] }
  - { match: nginx, policy: main-* }
`,
      {
        version: 1,
        clusters: {
          staging: {
            path: 'staging',
            agents: [],
            prune: { budget: 10 },
            release: {
              ...defaults,
              merge: 'commit',
              group: 'workload',
              window: { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: 0, to: 1440, zone: 'UTC' },
              maxOpen: 3,
            },
          },
        },
        release: {
          ...defaults,
          merge: 'commit',
          group: 'workload',
          minimumAgeMs: 5_400_000,
          freeze: [
            { from: '2026-12-20', to: '2027-01-06', reason: 'holidays' },
            { from: '2026-11-27T18:00:00+01:00', to: '2026-11-27T20:00:00Z' },
          ],
          window: { days: ['mon', 'fri', 'sat', 'sun'], from: 1320, to: 240, zone: 'Europe/Berlin' },
          ignore: ['legacy/**', '*/a?.yaml'],
        },
        pullRequests: {
          labels: ['release', 'kind: bot'],
          reviewers: [
            { kind: 'user', name: 'alice' },
            { kind: 'team', name: 'platform' },
          ],
          commitPrefix: 'chore: ',
        },
        images: [
          { match: 'eu.gcr.io/project/*', policy: 'semver:~1.2', clusters: ['staging'], files: ['staging/a/**'] },
          { match: 'docker.io/library/nginx', policy: 'main-*' },
        ],
      },
    ],
    [
      'a cluster before the repository before the defaults, key by key',
      'version: 1\nclusters: { a: { path: a, release: { merge: auto } } }\nrelease: { merge: manual, checks: none }',
      {
        version: 1,
        clusters: {
          a: {
            path: 'a',
            agents: [],
            prune: { budget: 10 },
            release: { merge: 'auto', mergeMethod: 'squash', checks: 'none', ...others },
          },
        },
        release: { merge: 'manual', mergeMethod: 'squash', checks: 'none', ...others },
        ...rest,
      },
    ],
    [
      'the whole repository as one cluster',
      'version: 1\nclusters: { a: { path: . } }',
      {
        version: 1,
        clusters: { a: { path: '.', agents: [], prune: { budget: 10 }, release: defaults } },
        release: defaults,
        ...rest,
      },
    ],
    [
      'a cluster that is called as something every object has',
      'version: 1\nclusters: { constructor: { path: a } }',
      {
        version: 1,
        clusters: { constructor: { path: 'a', agents: [], prune: { budget: 10 }, release: defaults } },
        release: defaults,
        ...rest,
      },
    ],
    [
      'a byte order mark and CRLF',
      '\uFEFFversion: 1\r\n',
      { version: 1, clusters: wholeRepository(defaults), release: defaults, ...rest },
    ],
    [
      'an end marker',
      'version: 1\n...\n',
      { version: 1, clusters: wholeRepository(defaults), release: defaults, ...rest },
    ],
    [
      'JSON',
      '{"version": 1, "release": {"merge": "auto"}}',
      {
        version: 1,
        clusters: wholeRepository({ ...defaults, merge: 'auto' }),
        release: { ...defaults, merge: 'auto' },
        ...rest,
      },
    ],
  ]
  for (const [what, text, configuration] of rows) {
    test(what, () => {
      const value = guaranteed(parseConfiguration(text))
      assert.deepEqual(value, configuration)
      assert.deepEqual(JSON.parse(JSON.stringify(value)), configuration)
    })
  }
})

suite('parseConfiguration refuses', () => {
  const key = agentKey('one')
  const rows: readonly [what: string, text: string, ...problems: string[]][] = [
    ['an empty file', '', '1:1: expected the key `version` (add `version:`)'],
    ['a file of comments', '# later\n', '1:1: expected the key `version` (add `version:`)'],
    ['null', '~', '1:1: expected the key `version` (add `version:`)'],
    ['a list', '- 1', '1:1: expected a map, got a list'],
    ['a text', 'hello', '1:1: expected a map, got `hello`'],
    ['another version', 'version: 2', '1:10: expected `1`, got the number `2`'],
    ['a quoted version', 'version: "1"', '1:10: expected `1`, got the text `1`'],
    [
      'everything wrong at once, in the order of the file',
      'versoin: 1\nclusters:\n  Prod:\n    paht: a\n    environment: 3\nrelease:\n  merge: auot\n  merge-method: true\n  checks: [none]',
      '1:1: expected the key `version` (add `version:`)',
      '1:1: unknown key `versoin` (did you mean `version`?)',
      '3:3: expected a cluster name (lower-case letters, digits and hyphens, at most 63), got `Prod`',
      '4:5: expected the key `path` (add `path:`)',
      '4:5: unknown key `paht` (did you mean `path`?)',
      '5:18: expected text, the name of a GitHub environment, got the number `3` (quote it)',
      '7:10: expected `manual`, `auto` or `commit`, got `auot`',
      '8:17: expected `merge`, `squash` or `rebase`, got the boolean `true`',
      '9:11: expected `required` or `none`, got a list',
    ],
    [
      'a key that resembles none',
      'version: 1\nrelease: { colour: [] }',
      '2:12: unknown key `colour` (known keys: `merge`, `merge-method`, `checks`, `group`, `minimum-age`, `freeze`, `window`, `max-open`, `ignore`)',
    ],
    [
      'durations that are none, or too long',
      'version: 1\nrelease: { minimum-age: 2 hours }\nclusters: { a: { path: a, release: { minimum-age: 91d } }, b: { path: b, release: { minimum-age: 2 } } }',
      '2:25: expected a duration like `90m`, `2h` or `3d`, got `2 hours` (a whole number and its unit: minutes, hours or days)',
      '3:51: expected a duration of at most `90d`, got `91d`',
      '3:98: expected a duration like `90m`, `2h` or `3d`, got the number `2`',
    ],
    [
      'freezes on days that do not exist, of two kinds, and that end before they begin',
      `version: 1
release:
  freeze:
    - { from: 2026-02-30, to: 2026-03-01 }
    - { from: 2026-12-24, to: 2026-12-20 }
    - { from: 2026-12-24, to: 2026-12-26T00:00:00Z }
    - { from: 2026-12-24T12:00:00Z, to: 2026-12-24T13:00:00+01:00 }
    - { from: 24.12.2026 }
    - 2026-12-24
    - { from: 2027-02-29T00:00:00Z, to: 2027-03-01T00:00:00Z, reason: 1 }`,
      '4:15: expected a day of the calendar, got `2026-02-30`',
      '5:31: expected an end after `2026-12-24`, got `2026-12-20` (swap `from` and `to`)',
      '6:31: expected two dates or two instants, got one of each (`from` is `2026-12-24`)',
      '7:41: expected an end after `2026-12-24T12:00:00Z`, got `2026-12-24T13:00:00+01:00` (swap `from` and `to`)',
      '8:7: expected the key `to` (add `to:`)',
      '8:15: expected a date like `2026-12-20`, got `24.12.2026` (or an instant with its offset: `2026-12-20T18:00:00+01:00`)',
      '9:7: expected a map, got `2026-12-24`',
      '10:15: expected a day of the calendar, got `2027-02-29`',
      '10:71: expected text, a reason, got the number `1` (quote it)',
    ],
    [
      'windows of no days, hours or zone',
      `version: 1
release: { window: { days: mon-thr, hours: 8-16, zone: Europe/Berlni } }
clusters:
  a: { path: a, release: { window: { days: 1, hours: 08:00-08:00, zone: +01:00 } } }
  b: { path: b, release: { window: { days: sat,sun } } }
  c: { path: c, release: { window: mon } }`,
      '2:28: expected days like `mon-thu` or `sat,sun`, got `mon-thr` (the days are mon, tue, wed, thu, fri, sat, sun)',
      '2:44: expected hours like `08:00-16:00`, got `8-16` (four digits each, from `00:00` to `24:00`; `22:00-04:00` goes over midnight)',
      '2:56: expected a time zone like `Europe/Berlin`, got `Europe/Berlni` (did you mean `Europe/Berlin`?)',
      '4:44: expected days like `mon-thu`, got the number `1`',
      '4:54: expected an end other than the beginning, got `08:00-08:00` (all day is `00:00-24:00`)',
      '4:73: expected a time zone like `Europe/Berlin`, got `+01:00` (a name of the time zone database, or `UTC`)',
      '5:48: unknown key `sun` (known keys: `days`, `hours`, `zone`; in braces, text with a comma stands in quotes)',
      '6:36: expected a map, got `mon`',
    ],
    [
      'path patterns that are too much for their matcher, or from somewhere else',
      `version: 1
release:
  ignore: [/legacy/, "{a,b}", "*/*/*/*", "${'a'.repeat(129)}", "../**", 1, "a/"]
images: [{ match: a, policy: a, files: ["!a", " "] }]`,
      '3:12: expected a path from the root of the repository, got `/legacy/` (write `legacy/**`)',
      '3:22: expected a pattern of names, `*`, `**` and `?`, got `{` in it (write several patterns instead of choices in one)',
      '3:31: expected a pattern with at most 3 wildcards, got 4 (write several patterns)',
      '3:42: expected a pattern of at most 128 characters, got 129',
      '3:175: expected a path from the root of the repository, got `../**` (all files are `**`)',
      '3:184: expected text, a path pattern, got the number `1` (quote it)',
      '3:187: expected a path from the root of the repository, got `a/` (write `a/**`)',
      '4:41: expected a pattern of names, `*`, `**` and `?`, got `!` in it (write several patterns instead of choices in one)',
      '4:47: expected a path from the root of the repository, got ` ` (all files are `**`)',
    ],
    [
      'labels, reviewers and prefixes that GitHub would not take',
      `version: 1
pull-requests:
  labels: ["a,b", 1]
  reviewers: ["@alice", "team:acme/Platform", "a b"]
  commit-prefix: [a]`,
      '3:12: expected a label of at most 50 characters on one line, without commas, got `a,b` (list each label for itself)',
      '3:19: expected text, a label, got the number `1` (quote it)',
      '4:15: expected a login or `team:SLUG`, got `@alice` (leave the `@` away)',
      '4:25: expected a login or `team:SLUG`, got `team:acme/Platform` (the slug is the last part of the address of the team’s page, in lower case)',
      '4:47: expected a login or `team:SLUG`, got `a b` (a team is written as `team:platform`)',
      '5:18: expected text, got a list',
    ],
    [
      'images of no cluster, by no name, or with a broken policy',
      `version: 1
clusters: { staging: { path: staging } }
images:
  - { match: eu.gcr.io/p/app, policy: "semver:~x.y", clusters: [stagin, production, staging] }
  - { match: "eu.gcr.io/{a,b}*", policy: "regexp:(" }
  - { match: "app:1.*", policy: 1.2 }
  - { match: a//b, policy: a }`,
      '4:39: expected a version constraint like `~1.2` or `>=1.0, <2.0`, got `~x.y` (see https://github.com/Masterminds/semver#checking-version-constraints)',
      '4:65: expected a cluster of this file, got `stagin` (did you mean `staging`?)',
      '4:73: expected a cluster of this file, got `production` (known clusters: staging)',
      '5:14: expected the name of an image, got `eu.gcr.io/{a,b}*` with `{` in it (lower-case letters, digits and `.`, `_`, `-`, `/`, `:`; only `*` is special)',
      '5:42: `regexp:(` is no regular expression: error parsing regexp: missing closing ): `(` (the syntax is RE2: without look-around and back-references)',
      '6:14: expected an image without a tag, got `app:1.*` (which tags may be released is said by `policy`)',
      '6:33: expected text, a tag policy, got the number `1.2` (quote it)',
      '7:14: expected an image, got `a//b`: a part of its path is empty',
    ],
    [
      'images of a cluster that a file without clusters does not have',
      'version: 1\nimages: [{ match: a, policy: a, clusters: [default, constructor] }]',
      '2:53: expected a cluster of this file, got `constructor` (known clusters: default)',
    ],
    [
      'budgets that are no whole number, or too large',
      'version: 1\nclusters:\n  a: { path: a, prune: { budget: 1001 } }\n  b: { path: b, prune: { budget: -1 } }\n  c: { path: c, prune: { budget: 1.5 } }\n  d: { path: d, prune: { budget: all } }\n  e: { path: e, prune: 10 }',
      '3:34: expected a whole number from 0 to 1000, got the number `1001`',
      '4:34: expected a whole number from 0 to 1000, got the number `-1`',
      '5:34: expected a whole number from 0 to 1000, got the number `1.5`',
      '6:34: expected a whole number from 0 to 1000, got `all`',
      '7:24: expected a map, got the number `10`',
    ],
    [
      'keys without a value',
      'version: 1\nclusters:\nrelease:\n',
      '2:10: expected a map, got nothing',
      '3:9: expected a map, got nothing',
    ],
    [
      'a key that stands twice',
      'version: 1\nrelease: {}\nrelease: { merge: auto }',
      '3:1: expected each key once, got `release` again (it stands in line 2 already)',
    ],
    [
      'a cluster that stands twice',
      'version: 1\nclusters:\n  a: { path: a }\n  a: { path: b }',
      '4:3: expected each key once, got `a` again (it stands in line 3 already)',
    ],
    [
      'aliases',
      'version: 1\nclusters:\n  a: { path: a, release: &shared { merge: auto } }\n  b: { path: b, release: *shared }',
      '4:26: expected a value, got the alias `*shared` (write it out)',
    ],
    ['a merge key', 'version: 1\nrelease: { <<: { merge: auto } }', '2:12: unknown key `<<` (write the keys out)'],
    [
      'a merge key of YAML 1.1',
      '%YAML 1.1\n---\nversion: 1\nrelease: { <<: { merge: auto } }',
      '4:12: unknown key `<<` (write the keys out)',
    ],
    ['a tag', 'version: !!int 1', '1:16: expected a value without a tag, got `tag:yaml.org,2002:int` (remove it)'],
    [
      'a tag of a map',
      'version: 1\nclusters: !!set { a }',
      '2:17: expected a value without a tag, got `tag:yaml.org,2002:set` (remove it)',
    ],
    ['a tag of its own', 'version: 1\nrelease: !secret {}', '2:10: not readable as YAML: unresolved tag: !secret'],
    ['a key that is a list', 'version: 1\n? [a]\n: 1', '2:3: expected text as a key, got something else'],
    [
      'two documents',
      'version: 1\n---\nversion: 1',
      '2:1: expected one YAML document, got several (remove the `---` and everything behind it)',
    ],
    [
      'tabs',
      'version: 1\nrelease:\n\tmerge: auto',
      '3:1: expected spaces as indentation, got a tab (replace tabs by spaces)',
    ],
    [
      'NUL',
      'version: 1\0',
      '1:11: expected visible text, got the character U+0000 (delete it; it cannot be seen in a review)',
    ],
    [
      'text that is read in another order than it is shown',
      'version: 1\nrelease: # \u202e\n  merge: auto',
      '2:12: expected visible text, got the character U+202E (delete it; it cannot be seen in a review)',
    ],
    [
      'the keys that every object has',
      'version: 1\n__proto__: { version: 1 }\nconstructor: 1\nclusters: { __proto__: { path: a } }',
      '2:1: unknown key `__proto__` (known keys: `version`, `clusters`, `release`, `pull-requests`, `images`)',
      '3:1: unknown key `constructor` (known keys: `version`, `clusters`, `release`, `pull-requests`, `images`)',
      '4:13: expected a cluster name (lower-case letters, digits and hyphens, at most 63), got `__proto__`',
    ],
    [
      'paths out of the repository, and such as git does not write',
      'version: 1\nclusters:\n  a: { path: /a/ }\n  b: { path: ../b }\n  c: { path: ./c }\n  d: { path: "" }\n  e: { path: .github/x }\n  f: { path: "f " }\n  g: { path: 1 }',
      '3:14: expected a path inside the repository, without leading slash or `..`, got `/a/` (write `a`)',
      '4:14: expected a path inside the repository, without leading slash or `..`, got `../b` (write `.` for the whole repository)',
      '5:14: expected a path inside the repository, without leading slash or `..`, got `./c` (write `c`)',
      '6:14: expected a path inside the repository, without leading slash or `..`, got `` (write `.` for the whole repository)',
      '7:14: expected a folder of manifests, got `.github` (it holds workflows and this file)',
      '8:14: expected a path with `/` between folders and no blanks around it',
      '9:14: expected a path, got the number `1` (quote it)',
    ],
    [
      'clusters in the folders of others',
      'version: 1\nclusters:\n  a: { path: x }\n  b: { path: x/y/z }\n  c: { path: x }\n  d: { path: xy }',
      '4:14: expected a path of its own, but `x/y/z` lies in `x` of cluster `a` (give each cluster its own folder)',
      '5:14: expected a path of its own, but `x` is that of cluster `a` too (give each cluster its own folder)',
    ],
    [
      'a cluster beside the whole repository',
      'version: 1\nclusters: { a: { path: . }, b: { path: b } }',
      '2:40: expected a path of its own, but `b` lies in `.` of cluster `a` (give each cluster its own folder)',
    ],
    [
      'a third key of an agent',
      `version: 1\nclusters:\n  a:\n    path: a\n    agents: [${[key, agentKey('2'), agentKey('3')].join(', ')}]`,
      '5:13: expected at most 2 entries, got 3',
    ],
    [
      'a key that two clusters share',
      `version: 1\nclusters:\n  a: { path: a, agents: [${key}] }\n  b: { path: b, agents: [${key} other] }`,
      '4:26: expected a key of its own, but cluster `a` lists this one already (make a key for each cluster)',
    ],
    [
      'a key that stands twice in a cluster',
      `version: 1\nclusters:\n  a:\n    path: a\n    agents:\n      - ${key}\n      - ${key}`,
      '7:9: expected a key of its own, but cluster `a` lists this one already (remove one of the two)',
    ],
    [
      'one key instead of a list',
      `version: 1\nclusters: { a: { path: a, agents: ${key} } }`,
      '2:35: expected a list, got `' + key + '`',
    ],
    [
      'environments without a name',
      'version: 1\nclusters: { a: { path: a, environment: "" }, b: { path: b, environment: " b" } }',
      '2:40: expected the name of a GitHub environment, at most 255 characters on one line',
      '2:73: expected the name of a GitHub environment, at most 255 characters on one line',
    ],
  ]
  for (const [what, text, ...problems] of rows) {
    test(what, () => {
      const result = parseConfiguration(text)
      assert.deepEqual(result.ok ? [] : result.problems.map(formatProblem), problems)
    })
  }
})

suite('parseConfiguration is total', () => {
  const hostile: readonly [what: string, text: string][] = [
    ['1 MiB', 'a'.repeat(2 ** 20)],
    ['an alias bomb', `a: &a [x, x]\n${Array.from({ length: 2000 }, (_, i) => `b${i}: &b${i} [*a, *a]`).join('\n')}`],
    ['brackets in brackets', `version: 1\nclusters: ${'['.repeat(65_000)}`],
    ['maps in maps', `version: 1\nclusters: ${'{a: '.repeat(16_000)}`],
    ['lists in lists', '- '.repeat(32_000)],
    ['questions', '? '.repeat(32_000)],
    ['quotes', '"'.repeat(65_000)],
    ['many unknown keys', Array.from({ length: 6000 }, (_, i) => `k${i}: 1`).join('\n')],
    ['a key many times', 'a: 1\n'.repeat(13_000)],
    ['a long key', `${'a'.repeat(1000)}: 1`],
    ['a deep path', `version: 1\nclusters: { a: { path: "${'a/'.repeat(30_000)}a" } }`],
    ['many freezes', `version: 1\nrelease: { freeze: [${'{ from: 2026-01-01, to: 2026-01-02 },'.repeat(1600)}] }`],
    [
      'many clusters that there are not',
      `version: 1\nimages:\n${'- { match: a, policy: a, clusters: [b] }\n'.repeat(1500)}`,
    ],
    ['a long zone', `version: 1\nrelease: { window: { zone: ${'a'.repeat(60_000)} } }`],
    ['long days', `version: 1\nrelease: { window: { days: "${'mon,'.repeat(15_000)}" } }`],
    ['a long label', `version: 1\npull-requests: { labels: ["${'a '.repeat(30_000)}"] }`],
    ['a long prefix', `version: 1\npull-requests: { commit-prefix: "${'a '.repeat(30_000)}" }`],
    ['many stars', `version: 1\nrelease: { ignore: ["${'*a'.repeat(60)}"] }`],
    [
      'a policy of nested quantifiers',
      `version: 1\nimages: [{ match: a, policy: "regexp:${'('.repeat(200)}a+${')+'.repeat(200)}$" }]`,
    ],
    ['many documents', '---\n'.repeat(16_000)],
  ]
  for (const [what, text] of hostile) {
    test(what, () => {
      const result = parseConfiguration(text)
      assert.ok(!result.ok)
      assert.ok(result.problems.length <= 100)
      assert.ok(result.problems.every(({ at, message }) => at !== undefined && message.length < 300))
    })
  }

  test('for any text', () => {
    const pieces =
      'version clusters release merge path agents images match policy freeze from to window days a mon 1 : - { } [ ] , " \' &a *a << ! | > # --- % ? ~'.split(
        ' ',
      )
    const words = fc.constantFrom(...pieces, ': ', '- ', '\n', '\n  ', '\t', '\r\n', '\uFEFF', ' ')
    const text = fc.oneof(
      fc.array(words, { maxLength: 40 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(text, (source) => {
        const result = parseConfiguration(source)
        if (!result.ok) assert.ok(result.problems.every(({ at }) => at !== undefined && at.line >= 1 && at.column >= 1))
      }),
      { numRuns: 500 },
    )
  })
})

suite('clusterOf', () => {
  const configuration = read('clusters: { staging: { path: clusters/staging }, production: { path: clusters/prod } }')
  const whole = read('clusters: { all: { path: . } }')
  const rows: readonly [file: string, configuration: Configuration, cluster: string | undefined][] = [
    ['clusters/staging/app.yaml', configuration, 'staging'],
    ['clusters/staging/deep/er/app.yaml', configuration, 'staging'],
    ['clusters/prod/app.yaml', configuration, 'production'],
    ['clusters/production/app.yaml', configuration, undefined],
    ['clusters/prod', configuration, 'production'],
    ['clusters/app.yaml', configuration, undefined],
    ['app.yaml', configuration, undefined],
    ['app.yaml', whole, 'all'],
    ['a/b.yaml', whole, 'all'],
    ['.github/lotse.yaml', whole, undefined],
    ['.githubber/a.yaml', whole, 'all'],
  ]
  for (const [file, among, cluster] of rows) {
    test(`${file} belongs to ${cluster ?? 'no cluster'} of ${Object.keys(among.clusters).join(', ')}`, () => {
      assert.equal(clusterOf(among, guaranteed(parseFilePath(file))), cluster)
    })
  }
})

suite('clusterNamed', () => {
  test('knows only what the file names, also after a round through JSON', () => {
    const stored: Configuration = JSON.parse(JSON.stringify(read('clusters: { a: { path: a } }')))
    assert.equal(clusterNamed(stored, 'a')?.path, 'a')
    assert.equal(clusterNamed(stored, 'constructor'), undefined)
    assert.equal(clusterNamed(stored, '__proto__'), undefined)
  })
})

function read(rest: string): Configuration {
  return guaranteed(parseConfiguration(`version: 1\n${rest}`))
}
