import { createPrivateKey } from 'node:crypto'
import { parseKeyPair } from '../core/key-pair.ts'
import { type Parsed, parsed, refused } from '../core/parsed.ts'
import { Secret } from '../core/secret.ts'
import { logFormats, logLevels } from './log.ts'
import { parseRegistries } from './registries.ts'
import { type SettingRows } from './setting-reader.ts'
import { duration, httpUrl, oneOf, wholeNumber } from './setting-values.ts'

/** The order is that of the docs. */
export const botRows = {
  APP_ID: {
    parse: wholeNumber(1, Number.MAX_SAFE_INTEGER),
    description: 'The id of the GitHub App, from the top of its settings page.',
    required: true,
  },
  PRIVATE_KEY: {
    parse: privateKey,
    description: 'The private key of the app, as PEM; `\\n` may stand for the line breaks. Or set `PRIVATE_KEY_PATH`.',
    secret: true,
  },
  PRIVATE_KEY_PATH: {
    parse: parsed<string>,
    description: 'The file with the private key.',
    example: './private-key.pem',
    start: true,
  },
  WEBHOOK_SECRET: {
    parse: secretOf(32),
    description: 'What GitHub signs its webhooks with, at least 32 bytes: `openssl rand -hex 32`.',
    secret: true,
    required: true,
  },
  WEBHOOK_SECRET_PREVIOUS: {
    parse: secretOf(32),
    description: 'The secret before, accepted too while you change it.',
    secret: true,
  },
  HOST: { parse: parsed<string>, default: '0.0.0.0', description: 'The address to listen on.' },
  PORT: { parse: wholeNumber(0, 65_535), default: '3000', description: 'The port to listen on; 0 picks a free one.' },
  LOG_LEVEL: { parse: oneOf(logLevels), default: 'info', description: `One of ${logLevels.join(', ')}.` },
  LOG_FORMAT: { parse: oneOf(logFormats), default: 'json', description: '`json` for machines, `text` for people.' },
  DATABASE_URL: {
    parse: databaseUrl,
    description: 'A PostgreSQL server, for several replicas; a direct connection or a pooler in session mode.',
    example: 'postgres://lotse:password@localhost:5432/lotse',
    secret: true,
  },
  DATABASE_SCHEMA: {
    parse: schemaName,
    default: 'lotse',
    description: 'The schema of the tables; those of the queue are in a second one, with `_jobs` at the end.',
  },
  DATA_DIR: {
    parse: parsed<string>,
    default: './.lotse/bot',
    description: 'Where the embedded database lives without `DATABASE_URL`. One process at a time.',
  },
  GITHUB_API_URL: {
    parse: httpUrl,
    default: 'https://api.github.com',
    description: 'For GitHub Enterprise Server: `https://HOST/api/v3`.',
  },
  REGISTRIES: {
    parse: parseRegistries,
    description:
      'The registries that Lotse may ask, as a JSON list. No other one is ever contacted: without any, nothing is released.',
    example: '[{"host":"docker.io"}]',
    secret: true,
    start: true,
  },
  REGISTRIES_FILE: { parse: parsed<string>, description: 'The same list in a file.', example: './registries.json' },
  REGISTRY_WEBHOOK_SECRET: {
    parse: secretOf(32),
    description: 'What registries send along with their notifications, at least 32 bytes. Without it they are refused.',
    secret: true,
  },
  AGENT_LINK_KEY: {
    parse: agentLinkKey,
    description:
      'What the bot proves itself with to the agents in the clusters, as `lotse key` writes it; `\\n` may stand for the line breaks. Without it no agent is accepted. Or set `AGENT_LINK_KEY_PATH`.',
    secret: true,
  },
  AGENT_LINK_KEY_PATH: {
    parse: parsed<string>,
    description: 'The file with that key.',
    example: './agent-link-key.pem',
  },
  REFRESH_INTERVAL: {
    parse: duration,
    default: '5m',
    description: 'How often to look for what webhooks did not tell: `90s`, `5m`, `1h`.',
  },
} as const satisfies SettingRows

export type BotVariable = keyof typeof botRows

export function privateKey(text: string): Parsed<Secret> {
  const pem = text.replaceAll('\\n', '\n').trim()
  try {
    if (createPrivateKey(pem).asymmetricKeyType === 'rsa') return parsed(new Secret(pem))
  } catch {
    // What the library says of it may quote the key.
  }
  return refused({
    message: 'expected an RSA private key as PEM, beginning with `-----BEGIN`',
    help: 'Generate one on the settings page of the app, under "Private keys".',
  })
}

export function agentLinkKey(text: string): Parsed<Secret> {
  const pem = new Secret(text.replaceAll('\\n', '\n').trim())
  const pair = parseKeyPair(pem)
  return pair.ok ? parsed(pem) : pair
}

function secretOf(leastBytes: number): (text: string) => Parsed<Secret> {
  return (text) => {
    const bytes = Buffer.byteLength(text)
    if (bytes >= leastBytes) return parsed(new Secret(text))
    const help = 'Make one with: openssl rand -hex 32'
    return refused({ message: `expected at least ${leastBytes} bytes, got ${bytes}`, help })
  }
}

function databaseUrl(text: string): Parsed<Secret> {
  const protocol = URL.parse(text)?.protocol
  return protocol === 'postgres:' || protocol === 'postgresql:'
    ? parsed(new Secret(text))
    : refused('expected an address that begins with `postgres://`')
}

function schemaName(text: string): Parsed<string> {
  return /^[a-z][a-z0-9_]{0,40}$/.test(text)
    ? parsed(text)
    : refused(`expected lower-case letters, digits and \`_\`, at most 41, got \`${text}\``)
}
