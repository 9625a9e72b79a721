/** The media types under which a registry keeps an image: two vocabularies, each with one platform or with several. */
export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const

export type ManifestType = (typeof manifestTypes)[number]

/** Reads a `Content-Type` too: its parameters are ignored. */
export function manifestType(text: string): ManifestType | undefined {
  const essence = text.split(';')[0]?.trim().toLowerCase()
  return manifestTypes.find((type) => type === essence)
}
