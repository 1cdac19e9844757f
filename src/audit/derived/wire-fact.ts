import type { Comparison, ValueTest } from '../../contracts.ts'
import { compileNetworks, parseNetwork } from '../../util/cidr.ts'

/** That a field of the wire passes one of some comparisons, as a rule would ask it; `isNot`: that it passes none. */
export interface WireFact {
  readonly field: string
  readonly test: ValueTest
  readonly isNot?: true
}

/** Ways in which the wire can have come to something: all facts of one of them hold. None of the ways is empty. */
export type WireFacts = readonly (readonly WireFact[])[]

/** The field has one of the texts, case ignored. */
export function equalsOne(field: string, ...texts: readonly string[]): WireFact {
  return { field, test: anyOf('equals', texts, (text, wanted) => text === wanted) }
}

export function startsWithOne(field: string, ...texts: readonly string[]): WireFact {
  return { field, test: anyOf('startswith', texts, (text, wanted) => text.startsWith(wanted)) }
}

export function endsWithOne(field: string, ...texts: readonly string[]): WireFact {
  return { field, test: anyOf('endswith', texts, (text, wanted) => text.endsWith(wanted)) }
}

export function containsOne(field: string, ...texts: readonly string[]): WireFact {
  return { field, test: anyOf('contains', texts, (text, wanted) => text.includes(wanted)) }
}

/** The decoded `requestURI` has the text: as it is, or some of it stands behind percent signs. */
export function isInUri(text: string): WireFact {
  return containsOne('requestURI', text, '%')
}

export function liesInOne(field: string, ...networks: readonly string[]): WireFact {
  const lies = compileNetworks(networks.map(networkOf))
  return { field, test: anyOf('cidr', networks, lies) }
}

export function exists(field: string): WireFact {
  const isThere: readonly Comparison[] = [{ kind: 'exists', value: '' }]
  return {
    field,
    test: {
      kind: 'presence',
      description: 'exists',
      matches: (values) => values !== undefined,
      needsPresence: true,
      onlyIf: isThere,
      trueIf: isThere,
    },
  }
}

/** The field is absent, null or empty, or has one of the texts. */
export function isAbsentOrOne(field: string, ...texts: readonly string[]): WireFact {
  const { test } = equalsOne(field, '', ...texts)
  return {
    field,
    test: {
      ...test,
      description: `absent or ${test.description}`,
      matches: (values) =>
        values === undefined || values.every((value) => value === null || test.matches([value])),
      needsPresence: false,
    },
  }
}

export function isNot(of: WireFact): WireFact {
  return { ...of, isNot: true }
}

/** A network of our own tables. */
export function networkOf(text: string): Exclude<ReturnType<typeof parseNetwork>, string> {
  const network = parseNetwork(text)
  if (typeof network === 'string') throw new Error(network)
  return network
}

function anyOf(
  kind: Comparison['kind'],
  texts: readonly string[],
  holds: (folded: string, wanted: string) => boolean,
): ValueTest {
  const wanted = texts.map((text) => text.toLowerCase())
  const comparisons = wanted.map((value): Comparison => ({ kind, value }))
  const passes = (value: unknown): boolean => {
    if (!['string', 'number', 'boolean'].includes(typeof value)) return false
    const folded = String(value).toLowerCase()
    return wanted.some((text) => holds(folded, text))
  }
  return {
    kind: 'implied',
    description: wanted.map((value) => `${kind} ${value}`).join(' or '),
    matches: (values) => values?.some(passes) ?? false,
    needsPresence: true,
    onlyIf: comparisons,
    trueIf: comparisons,
    ...(kind === 'equals' ? { onlyEquals: wanted } : {}),
  }
}
