export type NextPage =
  | { readonly kind: 'end' }
  | { readonly kind: 'next'; readonly url: URL }
  | { readonly kind: 'elsewhere'; readonly origin: string }

// The target may be absolute or relative, and Quay has sent it without `<>` and `rel` without quotes.
const link = /(?:<([^<>]*)>|([^\s,;<>]+))((?:\s*;\s*[^\s;,="]+\s*=\s*(?:"[^"]*"|[^\s;,"]*))*)/g
const relNext = /;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next(?=[\s;,]|$))/i

/**
 * Where the rest of a list is, by its `Link` header: the only sign of an end there is. Only the query of the target is
 * taken: some registries behind a proxy forget their path prefix there, or that it speaks TLS and where, and none shall lead
 * us to another place. Another host is no such mistake.
 */
export function nextPage(header: string | null, current: URL): NextPage {
  for (const [, bracketed, bare, attributes = ''] of (header ?? '').matchAll(link)) {
    if (!relNext.test(attributes)) continue
    const target = bracketed ?? bare ?? ''
    if (!URL.canParse(target, current.href)) return { kind: 'elsewhere', origin: target.slice(0, 100) }
    const url = new URL(target, current)
    if (!/^https?:$/.test(url.protocol) || url.hostname !== current.hostname)
      return { kind: 'elsewhere', origin: url.origin === 'null' ? url.protocol : url.origin }
    const next = new URL(current)
    next.search = url.search
    return { kind: 'next', url: next }
  }
  return { kind: 'end' }
}
