import { validationFailed } from '../api-error.ts'
import { type Actor } from '../caller.ts'
import { type GitHub } from '../context.ts'
import { nextId } from '../lookup.ts'
import { renderLabel } from '../render/issue.ts'
import { type Json } from '../render/json.ts'
import { type Label, type Repository } from '../state.ts'
import { refuseWhenArchived } from './refs.ts'

type By = { readonly repository: Repository; readonly actor: Actor }

/** By its name; a label that is not there yet is made, in the grey that GitHub gives. */
export async function labelNamed(github: GitHub, by: By, name: string): Promise<Label> {
  return by.repository.labels.get(name.toLowerCase()) ?? createLabel(github, by, { name })
}

export async function createLabel(
  github: GitHub,
  by: By,
  wanted: { readonly name: string; readonly color?: string | undefined; readonly description?: string | null },
): Promise<Label> {
  const { labels } = by.repository
  const { name, color = 'ededed', description = null } = wanted
  refuseWhenArchived(by.repository)
  refuseColor(color)
  refuseTaken(by.repository, name)
  const label: Label = { id: nextId(github.state), name, color, description, default: false }
  labels.set(name.toLowerCase(), label)
  await emitLabel(github, by, { action: 'created', label })
  return label
}

export type LabelChange = { readonly name?: string; readonly color?: string; readonly description?: string }

/** A new name goes wherever the label is. */
export async function editLabel(github: GitHub, by: By, label: Label, change: LabelChange): Promise<void> {
  const { labels } = by.repository
  refuseWhenArchived(by.repository)
  if (change.color !== undefined) refuseColor(change.color)
  const renamed = change.name !== undefined && change.name.toLowerCase() !== label.name.toLowerCase()
  if (renamed) refuseTaken(by.repository, change.name ?? '')
  const fields = (['name', 'color', 'description'] as const).filter(
    (field) => change[field] !== undefined && change[field] !== label[field],
  )
  const changes = Object.fromEntries(fields.map((field) => [field, { from: label[field] ?? '' }]))
  labels.delete(label.name.toLowerCase())
  Object.assign(label, change)
  labels.set(label.name.toLowerCase(), label)
  await emitLabel(github, by, { action: 'edited', label, more: { changes } })
}

/** Taken from all that have it, without an event for each. */
export async function deleteLabel(github: GitHub, by: By, label: Label): Promise<void> {
  refuseWhenArchived(by.repository)
  by.repository.labels.delete(label.name.toLowerCase())
  for (const issue of by.repository.issues.values()) issue.labels = issue.labels.filter((kept) => kept !== label)
  await emitLabel(github, by, { action: 'deleted', label })
}

function refuseTaken({ labels }: Repository, name: string): void {
  if (labels.has(name.toLowerCase())) {
    throw validationFailed({ resource: 'Label', field: 'name', code: 'already_exists' })
  }
}

function refuseColor(color: string): void {
  if (!/^[0-9a-f]{6}$/i.test(color)) throw validationFailed({ resource: 'Label', field: 'color', code: 'invalid' })
}

async function emitLabel(
  github: GitHub,
  { repository, actor }: By,
  { action, label, more = {} }: { readonly action: string; readonly label: Label; readonly more?: Json },
): Promise<void> {
  const payload = (): Json => ({ label: renderLabel(github, repository, label), ...more })
  await github.outbox.emit({ name: 'label', action, actor, repository, payload })
}
