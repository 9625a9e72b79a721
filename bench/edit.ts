import { CST, Composer, type Document, Parser, isScalar, parseAllDocuments } from 'yaml'
import { editScalars, retag } from '../src/core/manifest/edit.ts'
import { type ImageUse, readManifest } from '../src/core/manifest/workload.ts'
import { type Sample, manifests } from './manifests.ts'
import { race, times } from './measure.ts'
import type { Bench, Table } from './report.ts'

const tags = { from: '1.2.0', to: '1.2.1' }
const rounds = 5

type Task = Sample & { readonly use: ImageUse }
type Editor = (task: Task) => string

const ours = 'lotse: splice and prove'

const editors = {
  [ours]: ({ before, use }) => {
    const edited = editScalars(before, [retag(use, tags.to)])
    return edited.ok ? edited.value : 'refused'
  },
  'yaml: Document.toString()': (task) => roundTrip(task),
  'yaml: the same, no line folding': (task) => roundTrip(task, { lineWidth: 0 }),
  'yaml: concrete syntax tree': throughSyntaxTree,
  'replace the text, as sed does': ({ before, image }) =>
    before.replaceAll(`${image}:${tags.from}`, `${image}:${tags.to}`),
} satisfies Readonly<Record<string, Editor>>

export const edit: Bench = {
  about: 'one tag in each of 1,000 manifests: time, and whose other bytes stay',
  async run(tell) {
    const tasks = manifests(100, tags).map(toTask)
    tell(`${tasks.length} manifests, ${rounds} rounds of ${Object.keys(editors).length} editors`)
    const entries = Object.entries(editors)
    const ms = race(Object.fromEntries(entries.map(([name, editor]) => [name, () => tasks.map(editor)])), rounds)
    const wrong = new Map(entries.map(([name, editor]) => [name, tasks.filter((task) => editor(task) !== task.after)]))
    const rows = entries.map(([name]) => ({
      editor: name,
      'ms for all': ms[name] ?? NaN,
      time: times(ms[name] ?? NaN, ms[ours] ?? NaN),
      files: tasks.length,
      'files with other bytes changed': wrong.get(name)?.length ?? 0,
    }))
    return [
      { title: `edit: ${tags.from} → ${tags.to} in ${tasks.length} manifests of two documents`, rows },
      byStyle(tasks, wrong),
    ]
  },
}

function byStyle(tasks: readonly Task[], wrong: ReadonlyMap<string, readonly Task[]>): Table {
  const rows = [...Map.groupBy(tasks, ({ style }) => style)].map(([style, { length }]) => ({
    style,
    files: length,
    ...Object.fromEntries([...wrong].map(([name, some]) => [name, some.filter((task) => task.style === style).length])),
  }))
  return { title: 'edit: files with other bytes changed, by the style they are written in', rows }
}

function toTask(sample: Sample): Task {
  const [use] = readManifest(sample.before).images
  if (use === undefined) throw new Error(`no image is found in:\n${sample.before}`)
  return { ...sample, use }
}

function roundTrip({ before, use, image }: Task, options: Parameters<Document['toString']>[0] = {}): string {
  const documents = parseAllDocuments(before)
  if ('empty' in documents) return before
  documents[use.place.document]?.setIn(use.place.path, `${image}:${tags.to}`)
  return documents.map((document) => document.toString(options)).join('')
}

/** What the package offers to those who must keep every byte; that nothing else changed is not proved. */
function throughSyntaxTree({ before, use, image }: Task): string {
  const tokens = [...new Parser().parse(before)]
  const documents = [...new Composer({ keepSourceTokens: true }).compose(tokens)]
  const node = documents[use.place.document]?.getIn(use.place.path, true)
  if (!isScalar(node) || node.srcToken === undefined) return before
  CST.setScalarValue(node.srcToken, `${image}:${tags.to}`)
  return tokens.map((token) => CST.stringify(token)).join('')
}
