import { compileNetworks, isAddress } from '../../util/cidr.ts'
import type { FieldValue } from './field.ts'
import { isNot, liesInOne, networkOf } from './wire-fact.ts'

export type AddressClass = 'loopback' | 'private' | 'linkLocal' | 'reserved' | 'public'

/** IANA's special-purpose registries. Networks for documentation count as public: examples stand for the Internet. */
const networksByClass: Readonly<Record<Exclude<AddressClass, 'public'>, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'],
  linkLocal: ['169.254.0.0/16', 'fe80::/10'],
  reserved: ['0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4', '::/128', 'ff00::/8'],
}

const meanings: Readonly<Record<AddressClass, string>> = {
  loopback: 'the machine of the API server itself',
  private: 'RFC 1918, shared address space (RFC 6598), or unique local IPv6',
  linkLocal: '`169.254.0.0/16` or `fe80::/10`',
  reserved: 'unspecified, multicast or reserved',
  public: 'any other',
}

export const addressClasses: readonly (FieldValue & { readonly value: AddressClass })[] = [
  ...classNames().map((value) => ({
    value,
    meaning: meanings[value],
    facts: [[liesInOne('peerIp', ...networksByClass[value])]],
  })),
  {
    value: 'public',
    meaning: meanings.public,
    facts: [[isNot(liesInOne('peerIp', ...Object.values(networksByClass).flat()))]],
  },
]

const tests = classNames().map(
  (value) => [value, compileNetworks(networksByClass[value].map(networkOf))] as const,
)

/** Undefined for what is no address. */
export function addressClassOf(address: string): AddressClass | undefined {
  if (!isAddress(address)) return undefined
  return tests.find(([, holds]) => holds(address))?.[0] ?? 'public'
}

function classNames(): readonly Exclude<AddressClass, 'public'>[] {
  return ['loopback', 'private', 'linkLocal', 'reserved']
}
