/** Its value is the reason. */
export const suspendAnnotation = 'lotse.dev/suspend'
export const pruneAnnotation = 'lotse.dev/prune'

/** Flux v1's: `true` everywhere, `sync_only` where only a sync should leave the object alone. */
const ignoreAnnotations = ['fluxcd.io/ignore', 'flux.weave.works/ignore']

/** By which a person in the cluster speaks to us. */
export const personsAnnotations: readonly string[] = [suspendAnnotation, pruneAnnotation, ...ignoreAnnotations]

type Annotations = Readonly<Record<string, string>>

/** Why a person wants the object to be left alone, if one does. */
export function standstillOf(annotations: Annotations, where: 'git' | 'the cluster'): string | undefined {
  const reason = annotations[suspendAnnotation]
  if (reason !== undefined && reason !== 'false')
    return `suspended in ${where}${reason === '' || reason === 'true' ? '' : `: ${cut(reason)}`}`
  const ignored = ignoreAnnotations.find((key) => ['true', 'sync_only'].includes(annotations[key] ?? ''))
  return ignored === undefined ? undefined : `${ignored} in ${where}`
}

/** Why a person wants the object to stay when git no longer names it. */
export function keptBy(annotations: Annotations): string | undefined {
  return annotations[pruneAnnotation] === 'disabled'
    ? `${pruneAnnotation}: disabled`
    : standstillOf(annotations, 'the cluster')
}

function cut(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 199)}…`
}
