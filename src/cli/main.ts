#!/usr/bin/env node
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { UserError } from '../core/user-error.ts'
import { WrongCall } from './arguments.ts'
import { type CliCommand, commands } from './commands.ts'

const [name = '--help', ...rest] = process.argv.slice(2)

/** 0: done · 1: failed · 2: called wrongly. Errors go to stderr, so that output can be piped. */
// What a command has left running, a connection that is kept alive, holds nobody up.
process.exit(await run(name, rest))

async function run(name: string, args: readonly string[]): Promise<number> {
  if (name === 'help' && args[0] !== undefined) return run(args[0], ['--help'])
  if (name === '--help' || name === '-h' || name === 'help') return print(overview())
  if (name === '--version') return print(await version())
  const command = commands.find((candidate) => candidate.name === name)
  if (command === undefined) return complain(`there is no command \`${name}\``, 'see `lotse --help`', 2)
  if (args.includes('--help') || args.includes('-h')) return print(usage(command))
  try {
    return await (
      await command.load()
    )(args)
  } catch (error) {
    if (error instanceof UserError) return complain(error.message, error.help, 1)
    if (error instanceof WrongCall) return complain(error.message, `see \`lotse ${command.name} --help\``, 2)
    throw error
  }
}

function overview(): string {
  const width = Math.max(...commands.map((command) => command.name.length))
  const rows = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`)
  return [
    'Operations by pull request for Kubernetes',
    '',
    'Usage: lotse COMMAND [OPTIONS]',
    '',
    ...rows,
    '',
    'lotse COMMAND --help says more.',
  ].join('\n')
}

function usage(command: CliCommand): string {
  return [`${command.summary}`, '', `Usage: lotse ${command.usage}`, '', ...command.details].join('\n')
}

async function version(): Promise<string> {
  const manifest: { version: string } = JSON.parse(
    await readFile(resolve(import.meta.dirname, '../../package.json'), 'utf8'),
  )
  return manifest.version
}

function print(text: string): number {
  process.stdout.write(`${text}\n`)
  return 0
}

function complain(message: string, help: string, code: number): number {
  process.stderr.write(`lotse: ${message}\n  ${help}\n`)
  return code
}
