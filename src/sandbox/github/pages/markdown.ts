import markdownIt from 'markdown-it'
import { markup, trusted, type Html } from './html.ts'

// Without images: a page loads nothing from elsewhere. HTML is parsed so that it can be shown as GitHub does.
const markdown = markdownIt({ html: true, linkify: false, breaks: true, highlight }).disable('image')
markdown.renderer.rules['html_block'] = (tokens, i) => harmless(tokens[i]?.content ?? '')
markdown.renderer.rules['html_inline'] = (tokens, i) => harmless(tokens[i]?.content ?? '')

export function renderMarkdown(text: string): Html {
  return trusted(markdown.render(withoutComments(text)))
}

/** The few tags that comments are folded with, without attributes; everything else is text. */
const known = /(<(?:\/?(?:details|summary|b|i|sub|sup|kbd|code)|br ?\/?|details open)>)/

function harmless(html: string): string {
  return html
    .split(known)
    .map((part, i) => (i % 2 === 1 ? part : markup`${part}`.html))
    .join('')
}

/** A diff has its lines in colours; other languages are left as they are. */
function highlight(text: string, language: string): string {
  if (language !== 'diff') return ''
  const lines = text.replace(/\n$/, '').split('\n')
  return markup`${lines.map((line) => markup`<span class="line ${kindOf(line)}">${line}</span>`)}`.html
}

function kindOf(line: string): string {
  if (line.startsWith('@@')) return 'hunk'
  if (line.startsWith('+')) return 'added'
  return line.startsWith('-') ? 'removed' : 'same'
}

/** HTML comments are not shown, as on GitHub: bots keep their marks there. */
function withoutComments(text: string): string {
  let shown = ''
  let from = 0
  for (let start = text.indexOf('<!--'); start !== -1; start = text.indexOf('<!--', from)) {
    const end = text.indexOf('-->', start)
    if (end === -1) break
    shown += text.slice(from, start)
    from = end + '-->'.length
  }
  return shown + text.slice(from)
}
