/** Text that is HTML. Only this file makes it, so what others write can only get in escaped. */
export type Html = { readonly html: string }

type Part = Html | string | number | undefined | readonly Part[]

/** `markup`<b>${name}</b>``: values are escaped, HTML and lists of it are not. */
export function markup(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  return { html: strings.map((string, i) => string + (i < values.length ? write(values[i]) : '')).join('') }
}

/** For what another writer of HTML has escaped already. */
export function trusted(text: string): Html {
  return { html: text }
}

function write(part: Part): string {
  if (part === undefined) return ''
  if (typeof part === 'string') return escape(part)
  if (typeof part === 'number') return String(part)
  return 'html' in part ? part.html : part.map(write).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}
