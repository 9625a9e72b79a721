import { readFile, writeFile } from 'node:fs/promises'
import { Secret } from '../core/secret.ts'
import { UserError } from '../core/user-error.ts'
import { createKey, readKeyPair } from '../io/agent-link/keys.ts'
import { readArguments, WrongCall } from './arguments.ts'

/** The public line goes to stdout alone, so that it can be piped into a file. */
export async function runKey(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments(args, { out: { type: 'string' }, public: { type: 'string' } })
  if (words[0] !== undefined) throw new WrongCall(`expected options only, got \`${words[0]}\``)
  if (values.out !== undefined && values.public !== undefined)
    throw new WrongCall('expected `--out` or `--public`, got both')
  const line = values.public === undefined ? await makeKey(values.out ?? 'lotse.key') : await publicLine(values.public)
  process.stdout.write(`${line}\n`)
  return 0
}

async function makeKey(file: string): Promise<string> {
  const { pem, publicKey } = createKey()
  try {
    await writeFile(file, pem.reveal(), { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    throw cannotWrite(file, cause)
  }
  process.stderr.write(`lotse: the private key is in ${file}; its public line:\n`)
  return publicKey
}

function cannotWrite(file: string, cause: unknown): UserError {
  if (codeOf(cause) === 'EEXIST') {
    const help = `Choose another file with --out, or see its public line with --public ${file}.`
    return new UserError(`expected a new file, but \`${file}\` is there already`, { help, cause })
  }
  const help = 'Choose a file with --out in a folder that is there and that may be written.'
  return new UserError(`the key could not be written to \`${file}\` (${codeOf(cause)})`, { help, cause })
}

async function publicLine(file: string): Promise<string> {
  try {
    return readKeyPair(new Secret(await readFile(file, 'utf8')), `\`${file}\``).publicKey
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    const help = 'Name the file of a private key: what `lotse key` has written.'
    throw new UserError(`\`${file}\` could not be read (${codeOf(cause)})`, { help, cause })
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
