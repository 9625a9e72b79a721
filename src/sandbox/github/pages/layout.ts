import { createHash } from 'node:crypto'
import { type Answer } from '../http/answer.ts'
import { markup, trusted, type Html } from './html.ts'
import { stylesheet } from './stylesheet.ts'

export type Crumb = { readonly text: string; readonly href: string }

/** A whole page: where one is, and what is there. */
export function page(
  options: { readonly title: string; readonly crumbs: readonly Crumb[]; readonly body: Html },
  status = 200,
): Answer {
  const crumbs = options.crumbs.map(({ text, href }) => markup`<span>/</span><a href="${href}">${text}</a>`)
  const document = markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<title>${options.title}</title>
${trusted(`<style>${stylesheet}</style>`)}</head>
<body><header><nav><a class="home" href="/">sandbox GitHub</a>${crumbs}</nav></header>
<main>${options.body}</main></body></html>
`
  return {
    status,
    headers: {
      'Content-Security-Policy': policy,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    },
    body: { kind: 'bytes', type: 'text/html; charset=utf-8', value: Buffer.from(document.html) },
  }
}

const styleHash = createHash('sha256').update(stylesheet).digest('base64')

/** Nothing runs and nothing is loaded but the one stylesheet, whatever a pull request says. */
const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
