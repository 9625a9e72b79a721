import assert from 'node:assert/strict'
import { chmod, readdir, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { answerOf, deployment, folderWith } from './offline-folder.ts'
import { lotse } from './run-cli.ts'

const image = 'eu.gcr.io/project/demo-service'
const web = 'default:deployment/web'
const automated = 'fluxcd.io/automated: "true"'

suite('lotse images', () => {
  test('lists every image of a folder, in the order of its files', async (t) => {
    const { path } = await folderWith(t, {
      'b.yml': deployment('nginx'),
      'a/web.yaml': deployment(`${image}:1.2.0`, [automated, 'fluxcd.io/tag.web: semver:~1.2']),
      'a/text.txt': deployment('other'),
    })
    assert.deepEqual(await answerOf(['images', path]), {
      code: 0,
      stderr: '',
      json: [
        {
          workload: web,
          container: 'web',
          image: `${image}:1.2.0`,
          file: 'a/web.yaml',
          line: 13,
          automated: true,
          policy: 'semver:~1.2',
        },
        { workload: web, container: 'web', image: 'nginx', file: 'b.yml', line: 10, automated: false, policy: null },
      ],
    })
    assert.equal(
      (await lotse(['images', path])).stdout,
      [
        'WORKLOAD                CONTAINER  IMAGE                                 AUTOMATED  POLICY       FILE',
        'default:deployment/web  web        eu.gcr.io/project/demo-service:1.2.0  yes        semver:~1.2  a/web.yaml:13',
        'default:deployment/web  web        nginx                                 no         -            b.yml:10',
        '',
      ].join('\n'),
    )
  })

  test('leaves alone what is no manifest of the folder', async (t) => {
    const { path } = await folderWith(t, {
      '.git/a.yaml': deployment('a'),
      '.github/a.yaml': deployment('a'),
      'x/node_modules/a.yaml': deployment('a'),
      'chart/Chart.yaml': 'name: chart\n',
      'chart/values.yaml': 'image: a\n',
      'chart/templates/a.yaml': deployment('a'),
      'x/a.yaml': deployment('b'),
    })
    await symlink(join(path, 'x'), join(path, 'y'))
    await symlink(join(path, 'x/a.yaml'), join(path, 'z.yaml'))
    const { json } = await answerOf(['images', path])
    assert.deepEqual(
      (json as readonly { readonly file: string }[]).map(({ file }) => file),
      ['x/a.yaml'],
    )
  })

  test('says what is wrong in a file on stderr, and lists the others', async (t) => {
    const { path } = await folderWith(t, {
      'a.yaml': 'a: [1\n',
      'b.yaml': Buffer.from([0x61, 0x3a, 0xff]),
      'c.yaml': `a: ${'x'.repeat(1024 * 1024)}\n`,
      'd.yaml': deployment('nginx'),
    })
    const { code, json, stderr } = await answerOf(['images', path])
    assert.deepEqual([code, (json as readonly unknown[]).length], [0, 1])
    assert.match(stderr, /^lotse: a\.yaml:2:1: cannot be read as YAML/m)
    assert.match(stderr, /^lotse: b\.yaml:1:1: the file is not text \(write it in UTF-8\)$/m)
    assert.match(stderr, /^lotse: c\.yaml:1:1: expected at most 1 MiB, got 1048580 bytes/m)
  })

  test('lets no manifest speak to the terminal', async (t) => {
    const { path } = await folderWith(t, { 'a.yaml': deployment('nginx', ['fluxcd.io/tag.web: "a\\e[2Jb"']) })
    const { stdout, stderr } = await lotse(['images', path])
    assert.match(stdout, /a\\u001b\[2Jb/)
    assert.ok(!`${stdout}${stderr}`.includes('\u001b'))
  })

  test('reads a folder whose .github is a circle or a file', async (t) => {
    const circle = await folderWith(t, { 'a.yaml': deployment('nginx') })
    await symlink('.github', join(circle.path, '.github'))
    const file = await folderWith(t, { 'a.yaml': deployment('nginx'), '.github': '' })
    for (const { path } of [circle, file]) {
      const { code, json, stderr } = await answerOf(['images', path])
      assert.deepEqual([code, (json as readonly unknown[]).length, stderr], [0, 1, ''])
    }
  })

  test('says that there are none', async (t) => {
    const { path } = await folderWith(t, {})
    assert.deepEqual(await answerOf(['images', path]), { code: 0, json: [], stderr: '' })
    assert.match((await lotse(['images', path])).stderr, /^lotse: no workload in .* names an image$/m)
  })
})

const objects = `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: {name: web, namespace: flux-system}
spec: {image: ${image}}
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: {name: web, namespace: flux-system}
spec: {imageRepositoryRef: {name: web}, policy: {semver: {range: ~1.2}}}
`
const kustomization = `images:
  - newName: ${image} # {"$imagepolicy": "flux-system:web:name"}
    newTag: 1.2.0 # {"$imagepolicy": "flux-system:web:tag"}
`

suite('markers of Flux v2', () => {
  test('are listed with their policy, and released', async (t) => {
    const folder = await folderWith(t, { 'flux/web.yaml': objects, 'web/kustomization.yaml': kustomization })
    const { json } = await answerOf(['images', folder.path])
    const place = {
      workload: 'flux-system:imagepolicy/web',
      container: 'images[0].newTag',
      file: 'web/kustomization.yaml',
      line: 3,
    }
    assert.deepEqual(json, [{ ...place, image: `${image}:1.2.0`, automated: true, policy: 'semver:~1.2' }])
    const { json: released, code } = await answerOf(['release', folder.path, '--image', `${image}:1.2.1`])
    assert.deepEqual([code, released], [0, { changes: [{ ...place, from: '1.2.0', to: '1.2.1' }] }])
    assert.equal(await folder.read('web/kustomization.yaml'), kustomization.replace('1.2.0', '1.2.1'))
  })
})

suite('lotse release', () => {
  test('changes the tag wherever the image is used, and nothing else', async (t) => {
    const before = deployment(`${image}:1.2.0`).replaceAll('\n', '\r\n')
    const folder = await folderWith(t, {
      'a.yaml': before,
      'b.yaml': deployment(`${image}:1.1.0`),
      'c.yaml': deployment('nginx:1.2.0'),
    })
    await chmod(join(folder.path, 'a.yaml'), 0o640)
    assert.deepEqual(await answerOf(['release', folder.path, '--image', `${image}:1.3.0`]), {
      code: 0,
      stderr: '',
      json: {
        changes: [
          { workload: web, container: 'web', file: 'a.yaml', line: 10, from: '1.2.0', to: '1.3.0' },
          { workload: web, container: 'web', file: 'b.yaml', line: 10, from: '1.1.0', to: '1.3.0' },
        ],
      },
    })
    assert.equal(await folder.read('a.yaml'), before.replace('1.2.0', '1.3.0'))
    assert.equal(await folder.read('c.yaml'), deployment('nginx:1.2.0'))
    assert.equal((await stat(join(folder.path, 'a.yaml'))).mode & 0o777, 0o640)
    assert.deepEqual((await readdir(folder.path)).toSorted(), ['a.yaml', 'b.yaml', 'c.yaml'])
  })

  test('takes an image by any of its names, and keeps the one that is written', async (t) => {
    const folder = await folderWith(t, { 'a.yaml': deployment('nginx') })
    const { json } = await answerOf(['release', folder.path, '--image', 'docker.io/library/nginx:1.3.0'])
    assert.deepEqual(json, {
      changes: [{ workload: web, container: 'web', file: 'a.yaml', line: 10, from: null, to: '1.3.0' }],
    })
    assert.equal(await folder.read('a.yaml'), deployment('nginx:1.3.0'))
  })

  test('is narrowed to a workload and a container', async (t) => {
    const files = { 'a.yaml': deployment('nginx:1'), 'b.yaml': deployment('nginx:1').replace('name: web', 'name: b') }
    const folder = await folderWith(t, files)
    const { json } = await answerOf([
      'release',
      folder.path,
      '--image',
      'nginx:2',
      '--workload',
      'default:deployment/b',
    ])
    assert.equal((json as { readonly changes: readonly unknown[] }).changes.length, 1)
    assert.equal(await folder.read('a.yaml'), files['a.yaml'])
    const { code, stderr } = await answerOf(['release', folder.path, '--image', 'nginx:2', '--container', 'x'])
    assert.equal(code, 1)
    assert.match(stderr, /the image is not used there: nginx:2\n {2}It is used by default:deployment\/web web, /)
  })

  test('changes all of a file or nothing of it, and the other files all the same', async (t) => {
    const shared = `${deployment('nginx:1')}---\n${deployment('&x nginx:1').replace('name: web', 'name: b')}b: *x\n`
    const folder = await folderWith(t, { 'a.yaml': shared, 'b.yaml': deployment('nginx:1') })
    const { code, json, stderr } = await answerOf(['release', folder.path, '--image', 'nginx:2'])
    assert.deepEqual([code, (json as { readonly changes: readonly unknown[] }).changes.length], [1, 1])
    assert.match(stderr, /^lotse: a\.yaml:\d+:\d+: .* has an anchor that is used elsewhere$/m)
    assert.equal(await folder.read('a.yaml'), shared)
  })

  const held: readonly (readonly [name: string, text: string, says: RegExp])[] = [
    [
      'locked',
      deployment('nginx:1', ['fluxcd.io/locked: "true"', 'fluxcd.io/locked_msg: freeze']),
      /web web is locked: freeze$/m,
    ],
    ['ignored', deployment('nginx:1', ['fluxcd.io/ignore: "true"']), /web web is annotated to be ignored$/m],
    ['pinned to a digest', deployment(`nginx:1@sha256:${'0'.repeat(64)}`), /is pinned to a digest/],
    ['as it should be', deployment('nginx:2'), /nothing to change: nginx:2 is there already/],
    ['another image', deployment('eginx:1'), /no workload in .* uses this image: nginx:2/],
  ]
  for (const [name, text, says] of held) {
    test(`leaves what is ${name}, and says so`, async (t) => {
      const folder = await folderWith(t, { 'a.yaml': text })
      const { code, json, stderr } = await answerOf(['release', folder.path, '--image', 'nginx:2'])
      assert.deepEqual([code, json], [1, { changes: [] }])
      assert.match(stderr, says)
      assert.equal(await folder.read('a.yaml'), text)
    })
  }

  test('says what it could not read, where the image may be, too', async (t) => {
    const folder = await folderWith(t, { 'a.yaml': `${deployment('nginx:1')} b: [\n`, 'b.yaml': deployment('nginx:1') })
    const { code, stderr } = await answerOf(['release', folder.path, '--image', 'nginx:2'])
    assert.equal(code, 0)
    assert.match(stderr, /^lotse: a\.yaml:\d+:\d+: cannot be read as YAML: .*\n$/)
    const none = await answerOf(['release', folder.path, '--image', 'redis:2'])
    assert.match(none.stderr, /^lotse: a\.yaml:.*\nlotse: no workload in .* uses this image: redis:2\n/)
  })

  test('goes where a policy does not, and says so', async (t) => {
    const { path } = await folderWith(t, {
      'a.yaml': deployment('nginx:1', [automated, 'fluxcd.io/tag.web: semver:1']),
    })
    const { code, stderr } = await answerOf(['release', path, '--image', 'nginx:2'])
    assert.equal(code, 0)
    assert.match(stderr, /has a policy that does not allow this tag: `semver:1`/)
  })
})

suite('lotse policy', () => {
  test('sets annotations, and takes them away', async (t) => {
    const folder = await folderWith(t, { 'a.yaml': deployment('nginx:1') })
    const call = ['policy', folder.path, '--workload', web]
    const set = await answerOf([...call, '--automate', '--tag', 'web=semver:>=1.0', '--lock', '--message', 'freeze'])
    const change = (annotation: string, line: number, to: string) => {
      return { workload: web, file: 'a.yaml', line, annotation: `fluxcd.io/${annotation}`, from: null, to }
    }
    assert.deepEqual(set, {
      code: 0,
      stderr: '',
      json: {
        changes: [
          change('automated', 6, 'true'),
          change('tag.web', 7, 'semver:>=1.0'),
          change('locked', 8, 'true'),
          change('locked_msg', 9, 'freeze'),
        ],
      },
    })
    assert.equal(
      await folder.read('a.yaml'),
      deployment('nginx:1', [
        automated,
        'fluxcd.io/tag.web: "semver:>=1.0"',
        'fluxcd.io/locked: "true"',
        'fluxcd.io/locked_msg: freeze',
      ]),
    )
    const away = await answerOf([...call, '--deautomate', '--tag', 'web=', '--unlock'])
    assert.deepEqual([away.code, away.stderr], [0, ''])
    assert.equal(await folder.read('a.yaml'), deployment('nginx:1'))
    const again = await lotse([...call, '--unlock'])
    assert.deepEqual([again.code, again.stdout], [1, ''])
    assert.match(again.stderr, /^lotse: nothing to change: the annotations of default:deployment\/web say so already$/m)
  })

  const refused: readonly (readonly [name: string, args: readonly string[], code: number, says: RegExp])[] = [
    [
      'a workload that is not there',
      ['--workload', 'a:deployment/b', '--lock'],
      1,
      /there is no workload a:deployment\/b/,
    ],
    ['what is no workload', ['--workload', 'web', '--lock'], 2, /expected a workload as namespace:kind\/name/],
    [
      'a container that is not there',
      ['--tag', 'x=glob:*'],
      1,
      /no container `x` with an image\n {2}The containers are web/,
    ],
    ['a policy that cannot be read', ['--tag', 'web=semver:x y'], 1, /expected a version constraint/],
    ['a tag policy without container', ['--tag', 'glob'], 2, /expected `--tag CONTAINER=PATTERN`, got `glob`/],
    ['contradictions', ['--lock', '--unlock'], 2, /expected `--lock` or `--unlock`, got both/],
    ['a message without lock', ['--automate', '--message', 'x'], 2, /expected `--lock` with `--message`/],
    ['nothing', [], 2, /got none of them/],
  ]
  for (const [name, args, code, says] of refused) {
    test(`refuses ${name}`, async (t) => {
      const folder = await folderWith(t, { 'a.yaml': deployment('nginx:1') })
      const ended = await lotse([
        'policy',
        folder.path,
        ...(args[0] === '--workload' ? [] : ['--workload', web]),
        ...args,
      ])
      assert.deepEqual([ended.code, ended.stdout], [code, ''])
      assert.match(ended.stderr, says)
      assert.equal(await folder.read('a.yaml'), deployment('nginx:1'))
    })
  }

  test('says what it could not read, where the workload may be', async (t) => {
    const { path } = await folderWith(t, { 'a.yaml': `${deployment('nginx:1')} b: [\n` })
    const { code, stderr } = await lotse(['policy', path, '--workload', web, '--lock'])
    assert.equal(code, 1)
    assert.match(stderr, /^lotse: a\.yaml:\d+:\d+: cannot be read as YAML: .*\nlotse: there is no workload /)
  })

  test('refuses what only a marker steers', async (t) => {
    const { path } = await folderWith(t, { 'flux/web.yaml': objects, 'web/kustomization.yaml': kustomization })
    const { code, stderr } = await lotse(['policy', path, '--workload', 'flux-system:imagepolicy/web', '--lock'])
    assert.equal(code, 1)
    assert.match(stderr, /^lotse: annotations of flux-system:imagepolicy\/web say nothing about its image: a marker /)
  })

  test('refuses a workload that is in two files, and names them', async (t) => {
    const { path } = await folderWith(t, { 'a/a.yaml': deployment('nginx:1'), 'b/b.yaml': deployment('nginx:1') })
    const { code, stderr } = await lotse(['policy', path, '--workload', web, '--lock'])
    assert.equal(code, 1)
    assert.match(stderr, /in one file, but it is in 2: a\/a\.yaml, b\/b\.yaml\n {2}Name a folder/)
  })
})

suite('lotse tags', () => {
  test('ranks tags by a policy, newest first, each with its reason', async () => {
    const tags = ['1.2.0', 'latest', '1.2', '1.3.0-rc.1', '1.2.3', '2.0.0', 'main']
    assert.deepEqual(await answerOf(['tags', '--policy', 'semver:~1', ...tags]), {
      code: 0,
      stderr: '',
      json: {
        winner: '1.2.3',
        tags: [
          { tag: '1.2.3', matches: true, because: 'the newest that matches' },
          { tag: '1.2.0', matches: true, because: 'older than 1.2.3' },
          { tag: '1.2', matches: true, because: 'older than 1.2.3' },
          { tag: '1.3.0-rc.1', matches: false, because: 'a pre-release, and the policy names none' },
          { tag: '2.0.0', matches: false, because: 'does not match' },
          {
            tag: 'latest',
            matches: false,
            because: 'says nothing about what is in it: only the policy that is exactly this word allows it',
          },
          { tag: 'main', matches: false, because: 'is not a version' },
        ],
        problem: null,
      },
    })
  })

  const rows: readonly (readonly [
    name: string,
    args: readonly string[],
    winner: string | null,
    problem: RegExp | null,
  ])[] = [
    ['the one that matches wins, however old it is', ['main-*', 'main-1', 'x'], 'main-1', null],
    [
      'none wins where the order hangs on what is not known',
      ['main-*', 'main-1', 'main-2'],
      null,
      /^`main-\*` orders tags by their created time, which is not known here: any of the 2 .*`--image REF` reads it/,
    ],
    [
      'none wins where one of the numbers is none',
      ['numerical:asc', '1', 'x'],
      null,
      /^`numerical:asc` orders tags by number, and not all of the 2/,
    ],
    ['the greatest number wins', ['numerical:asc filter=-([0-9]+)$ extract=$1', 'a-9', 'a-10'], 'a-10', null],
    ['none wins where none matches', ['semver:2', '1.0'], null, /^no tag matches `semver:2`$/],
    ['none wins where the policy cannot be read', ['regexp:(', '1.0'], null, /is no regular expression/],
    ['none wins that no registry could have', ['semver:>=1', '1.0+x', 'nginx:1.0'], null, /^no tag matches/],
  ]
  for (const [name, [policy = '', ...tags], winner, problem] of rows) {
    test(name, async () => {
      const { code, json } = await answerOf(['tags', '--policy', policy, ...tags])
      const answer = json as { readonly winner: string | null; readonly problem: string | null }
      assert.deepEqual([code, answer.winner], [winner === null ? 1 : 0, winner])
      if (problem === null) assert.equal(answer.problem, null)
      else assert.match(answer.problem ?? '', problem)
    })
  }

  test('shows each tag once, and those that cannot be tags among the others by name', async () => {
    const { json } = await answerOf(['tags', '--policy', 'semver:1', '2.0', '1.0', '1.2+x', 'a', '1.0', '1.2+x', '2.0'])
    assert.deepEqual(
      (json as { readonly tags: readonly { readonly tag: string; readonly matches: boolean }[] }).tags.map(
        ({ tag, matches }) => [tag, matches],
      ),
      [
        ['1.0', true],
        ['1.2+x', false],
        ['2.0', false],
        ['a', false],
      ],
    )
  })

  test('marks them for people', async () => {
    const { stdout, stderr } = await lotse(['tags', '--policy', 'semver:1', '1.0', '1.1', '2.0'])
    assert.deepEqual(
      [stdout, stderr],
      ['*  1.1  the newest that matches\n+  1.0  older than 1.1\n-  2.0  does not match\n', ''],
    )
  })
})

suite('an offline command that is called wrongly ends with 2:', () => {
  const rows: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [['images'], /expected a folder with manifests, got none/],
    [['plan', '.', 'b'], /expected one folder, got `b` too/],
    [['release', '.'], /expected `--image REF:TAG`, got none/],
    [['release', '.', '--image', 'nginx'], /expected an image with a tag and without a digest, got `nginx`/],
    [['release', '.', '--image', 'Nginx:1'], /its path must be lower-case/],
    [
      ['release', '.', '--image', 'nginx:1', '--workload', 'web'],
      /expected a workload as namespace:kind\/name, got `web`/,
    ],
    [['release', '.', '--image', 'nginx:1', '--image', 'nginx:2'], /the option `--image` is there twice/],
    [
      ['policy', '.', '--workload', 'a:pod/b', '--tag', 'c=1', '--tag', 'c='],
      /expected one `--tag` for a container, got two for `c`/,
    ],
    [['policy', '.', '--lock'], /expected `--workload namespace:kind\/name`, got none/],
    [['tags', '1.0'], /expected `--policy PATTERN`, got none/],
    [['tags', '--policy', '*'], /expected `--image REF` or tags, got none of them/],
    [['tags', '--policy', '*', '--image', 'nginx', '1.0'], /expected `--image REF` or tags, got both/],
  ]
  for (const [args, says] of rows) {
    test(args.join(' '), async () => {
      const { code, stdout, stderr } = await lotse(args)
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, says)
    })
  }

  const noFolders = {
    'nowhere/at/all': 'ENOENT',
    'a.yaml': 'ENOTDIR',
    circle: 'ELOOP',
    ['x'.repeat(300)]: 'ENAMETOOLONG',
  }
  for (const [name, error] of Object.entries(noFolders)) {
    test(`what is no folder (${error}) is no wrong call`, async (t) => {
      const { path } = await folderWith(t, { 'a.yaml': deployment('nginx') })
      await symlink('circle', join(path, 'circle'))
      for (const args of [['images'], ['release', '--image', 'nginx:2'], ['policy', '--workload', web, '--lock']]) {
        const { code, stdout, stderr } = await lotse([...args, join(path, name), '--json'])
        assert.deepEqual([code, stdout], [1, ''])
        assert.match(
          stderr,
          new RegExp(`^lotse: expected a folder, got .*: the folder cannot be read \\(${error}\\)\n {2}Name`),
        )
      }
    })
  }
})
