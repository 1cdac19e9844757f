import { type NamedGrant, parseGrant } from '../../audit/grant.ts'
import { formatTimeUs } from '../../util/time.ts'
import type { AccessRequest, ObservedAccess } from '../observe/access.ts'
import { resourceText } from './need.ts'
import type { Widening } from './widen.ts'

/** What the evidence of a rule comes to. */
export interface EvidenceSummary {
  readonly requests: number
  /** Of them, allowed and failed all the same. */
  readonly failed: number
  /** Of them, refused. */
  readonly refused: number
  readonly firstSeen: string
  readonly lastSeen: string
  /** Audit ids. */
  readonly samples: readonly string[]
  /** The bindings that allow it now. */
  readonly allowedBy: readonly NamedGrant[]
}

const maxSamples = 3

export function summarised(evidence: readonly ObservedAccess[]): EvidenceSummary {
  const inOrder = evidence.toSorted((a, b) => a.firstSeenUs - b.firstSeenUs)
  const sum = (of: readonly ObservedAccess[]) => of.reduce((all, { requests }) => all + requests, 0)
  const reasons = [...new Set(evidence.flatMap(({ reasons }) => reasons))].sort()
  return {
    requests: sum(evidence),
    failed: sum(evidence.filter(({ outcome }) => outcome === 'failed')),
    refused: sum(evidence.filter(({ outcome }) => outcome === 'wanted')),
    firstSeen: formatTimeUs(Math.min(...evidence.map(({ firstSeenUs }) => firstSeenUs))),
    lastSeen: formatTimeUs(Math.max(...evidence.map(({ lastSeenUs }) => lastSeenUs))),
    samples: [...new Set(inOrder.flatMap(({ samples }) => samples))].slice(0, maxSamples),
    allowedBy: reasons.flatMap((reason) => parseGrant(reason) ?? []),
  }
}

/** `get secrets "key" in shop`. */
export function requestText(request: AccessRequest): string {
  const { verb, isResource, path, apiGroup, namespace, name } = request
  if (!isResource) return `${verb} ${path}`
  const what = `${resourceText(request)}${apiGroup === '' ? '' : ` (${apiGroup})`}`
  return [
    `${verb} ${what}`,
    ...(name === '' ? [] : [JSON.stringify(name)]),
    ...(namespace === '' ? [] : [`in ${namespace}`]),
  ].join(' ')
}

/** `RoleBinding shop/deploy of Role deployer`. */
export function grantText({ binding, role }: NamedGrant): string {
  const place = binding.namespace === undefined ? '' : `${binding.namespace}/`
  return `${binding.kind} ${place}${binding.name} of ${role.kind} ${role.name}`
}

export function wideningText({ request, why, seen }: Widening): string {
  const what = requestText(request)
  switch (why) {
    case 'tooManyNames':
      return `${what}: any name, for ${seen} were used`
    case 'unstableNames':
      return `${what}: any name, for ${seen} were used that come and go`
    case 'tooManyNamespaces':
      return `${what}: in every namespace, for it was used in ${seen}`
    case 'notKeptApart':
      return `${what}: any ${notKeptApart(request)}, for more were used than are told apart`
    case 'expanded':
      return `${what}: not used, granted as asked`
    default:
      return why satisfies never
  }
}

function notKeptApart({ namespace, name }: AccessRequest): string {
  if (name !== '') return 'namespace'
  return namespace === '' ? 'name or namespace' : 'name'
}
