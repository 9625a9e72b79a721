/** `linux/amd64`, `linux/arm64`, `linux/arm/v7`: what an image runs on, in one spelling. */
export type Platform = string

/** As https://github.com/containerd/platforms does: one machine has one name. */
const otherArchitectures = new Map([
  ['x86_64', 'amd64'],
  ['x86-64', 'amd64'],
  ['aarch64', 'arm64'],
  ['i386', '386'],
])
/** What an architecture is where nothing more is said, and so need not be said. */
const usualVariants = new Map([
  ['amd64', 'v1'],
  ['arm64', 'v8'],
])
const part = /^[a-z0-9][a-z0-9._-]{0,31}$/

/** Undefined for what is no platform: attestations say `unknown/unknown`. */
export function platformOf(os: unknown, architecture: unknown, variant?: unknown): Platform | undefined {
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined
  const machine = otherArchitectures.get(architecture.toLowerCase()) ?? architecture.toLowerCase()
  const system = os.toLowerCase()
  if (!part.test(system) || !part.test(machine) || system === 'unknown' || machine === 'unknown') return undefined
  const given = typeof variant === 'string' && part.test(variant.toLowerCase()) ? variant.toLowerCase() : undefined
  const said = given === undefined && machine === 'arm' ? 'v7' : given
  return said === undefined || said === usualVariants.get(machine)
    ? `${system}/${machine}`
    : `${system}/${machine}/${said}`
}

/** What would no longer run if an image of the one platforms were replaced by one of the others. */
export function missingPlatforms(needed: readonly Platform[], offered: readonly Platform[]): readonly Platform[] {
  return needed.filter((platform) => !offered.includes(platform)).toSorted()
}
