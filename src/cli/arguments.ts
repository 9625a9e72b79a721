import { parseArgs } from 'node:util'

/** A command was given what it does not take. */
export class WrongCall extends Error {}

type Option = { readonly type: 'boolean' | 'string'; readonly multiple?: true }
type Options = Readonly<Record<string, Option>>
type Value<O extends Option> = O extends { readonly multiple: true }
  ? readonly string[]
  : O['type'] extends 'string'
    ? string
    : boolean

type Arguments<O extends Options> = {
  readonly values: { readonly [K in keyof O]?: Value<O[K]> }
  readonly words: readonly string[]
}

/** `util.parseArgs`, with sentences of our own for what is wrong. */
export function readArguments<const O extends Options>(args: readonly string[], options: O): Arguments<O> {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: { ...options },
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  for (const token of tokens) if (token.kind === 'option') check(token, options)
  checkDoubled(
    tokens.flatMap((token) => (token.kind === 'option' ? token : [])),
    options,
  )
  // What was checked has the types of its options.
  return { values: values as Arguments<O>['values'], words: positionals }
}

type Token = {
  readonly name: string
  /** As it was written: `--once`. */
  readonly rawName: string
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}

function check({ name, rawName, value, inlineValue }: Token, options: Options): void {
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  if (option === undefined) throw new WrongCall(`there is no option \`${rawName}\``)
  if (option.type === 'boolean' && value !== undefined) throw new WrongCall(`the option \`${rawName}\` takes no value`)
  // A value may begin with a dash, but then it is more likely the next option: `--registry=-x` is clear.
  const missing = value === undefined || (inlineValue !== true && value.startsWith('-'))
  if (option.type === 'string' && missing) throw new WrongCall(`the option \`${rawName}\` needs a value`)
}

/** Of two values one would be lost without a word; a flag that is there twice says the same. */
function checkDoubled(tokens: readonly Token[], options: Options): void {
  for (const [index, { name, rawName }] of tokens.entries()) {
    const { type, multiple } = options[name] ?? { type: 'boolean' }
    const isDoubled = tokens.findIndex((token) => token.name === name) < index
    if (type === 'string' && multiple !== true && isDoubled)
      throw new WrongCall(`the option \`${rawName}\` is there twice`)
  }
}
