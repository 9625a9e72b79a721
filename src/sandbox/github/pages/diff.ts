import { type FileChange } from '../git/diff.ts'
import { markup, type Html } from './html.ts'

export function renderFiles(files: readonly FileChange[]): Html {
  const additions = files.reduce((sum, file) => sum + file.additions, 0)
  const deletions = files.reduce((sum, file) => sum + file.deletions, 0)
  return markup`<p class="quiet">${counted(files.length, 'file')} changed, <span class="good">+${additions}</span>
<span class="bad">−${deletions}</span></p>
${files.map(renderFile)}`
}

function renderFile(file: FileChange): Html {
  const name = file.previousPath === undefined ? file.path : `${file.previousPath} → ${file.path}`
  const body =
    file.patch === undefined
      ? markup`<p class="text quiet">${file.status === 'renamed' ? 'Renamed without changes' : 'No text to show'}</p>`
      : markup`<div class="scroll"><table class="lines">${readLines(file.patch).map(renderLine)}</table></div>`
  return markup`<section class="card"><div class="head"><span class="mono">${name}</span><span class="quiet">${file.status}</span></div>
${body}</section>
`
}

type Line = {
  readonly kind: 'hunk' | 'added' | 'removed' | 'same' | 'note'
  readonly text: string
  readonly before?: number
  readonly after?: number
}

const signs: Readonly<Record<Line['kind'], string>> = { hunk: '', added: '+', removed: '-', same: '', note: '' }

function renderLine({ kind, text, before, after }: Line): Html {
  return markup`<tr class="${kind}"><td class="at">${before}</td><td class="at">${after}</td><td class="sign">${signs[kind]}</td><td>${text}</td></tr>
`
}

/** A patch's lines with their numbers on both sides. */
export function readLines(patch: string): readonly Line[] {
  let before = 0
  let after = 0
  return patch.split('\n').map((line): Line => {
    const hunk = /^@@ -([0-9]+)(?:,[0-9]+)? \+([0-9]+)/.exec(line)
    if (hunk !== null) {
      before = Number(hunk[1])
      after = Number(hunk[2])
      return { kind: 'hunk', text: line }
    }
    const text = line.slice(1)
    if (line.startsWith('+')) return { kind: 'added', text, after: after++ }
    if (line.startsWith('-')) return { kind: 'removed', text, before: before++ }
    if (line.startsWith('\\')) return { kind: 'note', text: line }
    return { kind: 'same', text, before: before++, after: after++ }
  })
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
