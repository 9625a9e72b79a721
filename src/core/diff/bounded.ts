/** As many of the blocks as fit, in order; a long one in between does not keep out what follows. */
export function fill(blocks: readonly string[], room: number): readonly string[] {
  let left = room
  return blocks.filter((text) => {
    if (text.length + separator.length > left) return false
    left -= text.length + separator.length
    return true
  })
}

export const separator = '\n\n'

export type ListBounds = { readonly items: number; readonly room: number }

/** A list in Markdown; it ends with how many are not in it. */
export function boundedList(items: readonly string[], { items: most, room }: ListBounds): string {
  const lines = bounded(
    items.map((item) => `- ${item}`),
    { items: most, room },
  )
  return [...lines, ...(lines.length < items.length ? [`- … and ${items.length - lines.length} more`] : [])].join('\n')
}

/** The first of the lines, up to the first that does not fit. */
export function bounded(lines: readonly string[], { items, room }: ListBounds): readonly string[] {
  let left = room
  const end = lines.findIndex((line, index) => {
    left -= line.length + 1
    return index >= items || left < 0
  })
  return end < 0 ? lines : lines.slice(0, end)
}
