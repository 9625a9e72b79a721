import markdownIt from 'markdown-it'
import { trusted, type Html } from './html.ts'

// Without HTML, and without images: a page loads nothing from elsewhere.
const markdown = markdownIt({ html: false, linkify: false, breaks: true }).disable('image')

export function renderMarkdown(text: string): Html {
  return trusted(markdown.render(withoutComments(text)))
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
