import type { FilePath } from '../../core/ids.ts'
import { editScalars } from '../../core/manifest/edit.ts'
import { type Parsed, inFile, parsed, refused } from '../../core/parsed.ts'
import { type ReleaseGroup, editsOfGroup } from '../../core/release/group.ts'
import type { FileText } from '../../io/github/branch.ts'

/** The files of a group with its edits; each edit is proved to change its scalar and nothing else. */
export function editedTexts(
  group: ReleaseGroup,
  files: ReadonlyMap<FilePath, FileText>,
): Parsed<ReadonlyMap<FilePath, FileText>> {
  const texts = new Map<FilePath, FileText>()
  for (const [file, edits] of editsOfGroup(group)) {
    const current = files.get(file)
    if (current === undefined) return refused(inFile({ message: 'the file cannot be read as text' }, file))
    const edited = editScalars(current.text, edits)
    if (!edited.ok) return { ok: false, problems: [inFile(edited.problems[0], file)] }
    texts.set(file, { ...current, text: edited.value })
  }
  return parsed(texts)
}
