import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { RegistryUnavailable } from './unavailable.ts'

/** The addresses of a host name. */
export type Lookup = (hostname: string) => Promise<readonly string[]>

export const lookupAll: Lookup = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address)

// https://www.iana.org/assignments/iana-ipv4-special-registry, …-ipv6-special-registry. IPv4 addresses within IPv6 ones
// (mapped, 6to4, Teredo) need no look inside: no public host of ours is known by such an address. But where all is IPv6,
// the name server translates those of every host without one (DNS64): they are public if what is inside is.
const translated = '64:ff9b::'
const special = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  special.addSubnet(network, prefix, 'ipv4')
  special.addSubnet(`${translated}${network}`, 96 + prefix, 'ipv6')
}
const publicV6 = new BlockList()
publicV6.addSubnet('2000::', 3, 'ipv6')
publicV6.addSubnet(translated, 96, 'ipv6')
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  special.addSubnet(network, prefix, 'ipv6')

export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special.check(address, 'ipv4')
    case 6:
      return publicV6.check(address, 'ipv6') && !special.check(address, 'ipv6')
    default:
      return false
  }
}

/**
 * Why a URL that a stranger chose may not be fetched; undefined when it may. The name is looked up once more when it is
 * fetched, and its owner may answer otherwise then: that it must be https keeps what is inside from taking part, because
 * it has no certificate for that name.
 */
export async function whyNotPublic(url: URL, addressesOf: Lookup): Promise<string | undefined> {
  if (url.protocol !== 'https:') return 'it is not https'
  if (url.username !== '' || url.password !== '') return 'it has credentials in it'
  const name = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const addresses = isIP(name) === 0 ? await looked(name, addressesOf) : [name]
  return addresses.length > 0 && addresses.every(isPublicAddress) ? undefined : 'its address is not a public one'
}

async function looked(name: string, addressesOf: Lookup): Promise<readonly string[]> {
  try {
    return await addressesOf(name)
  } catch (cause) {
    throw new RegistryUnavailable(`\`${name}\` has no address`, { cause })
  }
}
