/** One way to authenticate that a 401 offers. Scheme and parameter names are lower-case. */
export type Challenge = { readonly scheme: string; readonly parameters: Readonly<Record<string, string>> }

const parameter = /([\w!#$%&'*+.^`|~-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",=]+))/y
const scheme = /([\w!#$%&'*+.^`|~-]+)(?![\w!#$%&'*+.^`|~=-])/y
const separators = /[\s,]*/y
// A `token68` (`Negotiate YII=`), or what is broken: up to the next comma.
const rest = /[^,]+/y

/**
 * `WWW-Authenticate` of RFC 9110 11.6.1. Commas stand between parameters and between challenges alike, and several
 * headers arrive as one, joined by commas: `Bearer realm="…",service="…", Basic realm="…"` is two challenges.
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = []
  const take = scanner(header)
  take(separators)
  while (!take.ended()) {
    const found = take(parameter)
    const current = challenges.at(-1)
    if (found !== undefined) {
      const [, name = '', quoted, token] = found
      if (current !== undefined)
        current.parameters[name.toLowerCase()] ??= quoted?.replace(/\\(.)/g, '$1') ?? token ?? ''
    } else {
      const started = take(scheme)
      if (started === undefined) take(rest)
      else challenges.push({ scheme: (started[1] ?? '').toLowerCase(), parameters: Object.create(null) })
    }
    take(separators)
  }
  return challenges.map(({ scheme: name, parameters }) => ({ scheme: name, parameters: { ...parameters } }))
}

type Scanner = { (form: RegExp): RegExpExecArray | undefined; readonly ended: () => boolean }

function scanner(text: string): Scanner {
  let position = 0
  const take = (form: RegExp): RegExpExecArray | undefined => {
    form.lastIndex = position
    const match = form.exec(text) ?? undefined
    if (match !== undefined) position += match[0].length
    return match
  }
  return Object.assign(take, { ended: () => position >= text.length })
}
