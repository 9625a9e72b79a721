import MarkdownIt from 'markdown-it'

export type TextLine = { readonly line: number; readonly text: string }

/**
 * The lines of a comment that stand in its text, as they were written, numbered from 1: not in code, HTML, a heading or
 * a table. A quoted line is given with its `>`, and the line below a quote without, because its author wrote no `>`,
 * although CommonMark counts it to the quote.
 *
 * markdown-it, because it stays fast for every hostile comment that was tried; parsers that build a tree do not.
 */
export function textLines(body: string): readonly TextLine[] {
  const source = body.replace(/\r\n?/g, '\n')
  const lines = source.split('\n')
  const tokens = markdown.parse(source, {})
  return tokens.flatMap((token, index) => {
    if (token.type !== 'inline' || token.map === null || tokens[index - 1]?.type !== 'paragraph_open') return []
    const [first] = token.map
    return lineStarts(token.content).map((offset) => ({ line: first + offset + 1, text: lines[first + offset] ?? '' }))
  })
}

/** Which lines of a paragraph begin in its text: the others begin within code or HTML that started before. */
function lineStarts(paragraph: string): readonly number[] {
  const positions = new Set<number>()
  markdown.inline.parse(paragraph, markdown, { paragraph, positions }, [])
  let offset = 0
  return paragraph.split('\n').flatMap((line, index) => {
    const start = offset + line.search(/[^ \t]|$/)
    offset += line.length + 1
    return positions.has(start) ? [index] : []
  })
}

const markdown = new MarkdownIt({ html: true })

// Blocks only: paragraphs are parsed one by one, by lineStarts.
markdown.core.ruler.enableOnly(['normalize', 'block'])

// Never matches: it only sees where the parser looks for the next piece, which is never within code or HTML. The text of
// an image is parsed as a paragraph of its own, with positions of its own.
markdown.inline.ruler.before('text', 'watch', ({ env, src, pos }, silent) => {
  const { paragraph, positions }: Readonly<Record<string, unknown>> = env
  if (!silent && src === paragraph && positions instanceof Set) positions.add(pos)
  return false
})
