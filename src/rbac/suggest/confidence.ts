import { parseGrant } from '../../audit/grant.ts'
import { privilegedGroup } from '../authorize.ts'
import type { ObservedAccess } from '../observe/access.ts'
import type { SuggestEvidence } from './suggest.ts'
import { unrecordedOf } from './unrecorded.ts'

/** How far the observation can be trusted to have seen everything. There is no "safe": what was not seen cannot be known. */
export interface Confidence {
  readonly level: 'low' | 'medium' | 'high'
  readonly reasons: readonly string[]
}

export interface Warning {
  readonly code: string
  readonly message: string
}

const dayUs = 86_400_000_000
/** Work that comes once a week, and once a month, has been seen by then. */
const mediumDays = 7
const highDays = 31

export function confidenceOf({ window, profiles, policy, subject }: SuggestEvidence): Confidence {
  if (window === undefined) return { level: 'low', reasons: ['nothing was observed'] }
  const days = window.lengthUs / dayUs
  const reasons = [`${daysText(days)} were observed`]
  const blind = blindness(window.toValue())
  const gaps = window.gaps()
  const silentUs = gaps.reduce((all, { fromUs, toUs }) => all + toUs - fromUs, 0)
  if (gaps.length > 0)
    reasons.push(`${gaps.length} gaps, ${daysText(silentUs / dayUs)} in all, in which nothing came`)
  reasons.push(...blind)
  const groups = new Set(profiles.flatMap((profile) => profile.groups.texts))
  const unrecorded =
    policy === undefined ? [] : unrecordedOf(policy, { name: subject.name, groups: [...groups] })
  reasons.push(...unrecorded)
  const isCut = profiles.some((profile) => profile.isCut)
  if (isCut) reasons.push('the subject did more different things than are kept')
  const isHindered =
    blind.length + unrecorded.length > 0 || isCut || silentUs > window.lengthUs / 10
  if (isHindered || days < mediumDays) return { level: 'low', reasons }
  return { level: days < highDays || gaps.length > 0 ? 'medium' : 'high', reasons }
}

/** What the audit policy seems to leave out, by what never came from anybody. */
function blindness({ stages, verbs, nonResource }: ReturnType<WindowOf['toValue']>): string[] {
  const seen = (...names: string[]): number =>
    names.reduce((all, name) => all + (verbs[name] ?? 0), 0)
  const found: string[] = []
  if ((stages['ResponseComplete'] ?? 0) + (stages['ResponseStarted'] ?? 0) === 0)
    found.push('no event tells an answer: record the stage ResponseComplete')
  else if ((stages['ResponseComplete'] ?? 0) === 0)
    found.push('only long-running requests were seen: record the stage ResponseComplete')
  if (seen('get', 'list', 'watch') === 0)
    found.push('no read of anybody was seen: the audit policy seems to drop get, list and watch')
  else if (seen('watch') === 0)
    found.push('no watch of anybody was seen: the audit policy seems to drop watches')
  if (seen('create', 'update', 'patch', 'delete') === 0)
    found.push('no write of anybody was seen: the audit policy seems to drop writes')
  if (nonResource === 0)
    found.push('no path outside of resources was seen: the audit policy seems to drop them')
  return found
}

type WindowOf = NonNullable<SuggestEvidence['window']>

/** What a reader should know before the suggestion takes the place of what is there. */
export function warningsOf(
  { subject, profiles, window }: SuggestEvidence,
  accesses: readonly ObservedAccess[],
): Warning[] {
  const warnings: Warning[] = []
  const warn = (code: string, message: string): void => void warnings.push({ code, message })
  const groups = new Set(profiles.flatMap((profile) => profile.groups.texts))
  if (subject.kind === 'User' && groups.has(privilegedGroup))
    warn(
      'privileged',
      `a member of ${privilegedGroup} is allowed everything whatever roles say; take it out of the group first`,
    )
  if (subject.kind === 'User' && subject.name.startsWith('system:node:'))
    warn(
      'node',
      'nodes are allowed by the node authorizer, which goes by the pods of the node; roles are wider than that',
    )
  const unjudged = profiles.reduce((all, profile) => all + profile.unjudged, 0)
  if (unjudged > 0)
    warn(
      'unjudged',
      `${unjudged} requests were turned away before anybody was asked for permission`,
    )
  const undecided = window?.undecided ?? 0
  if (undecided > 0)
    warn('undecided', `${undecided} events of the cluster name no decision; their code decided`)
  const through = new Set(
    accesses
      .flatMap(({ reasons }) => reasons)
      .flatMap((reason) => parseGrant(reason) ?? [])
      .filter((grant) => grant.subject.kind === 'Group' && subject.kind !== 'Group')
      .filter((grant) => !everybody.has(grant.subject.name))
      .map((grant) => grant.subject.name),
  )
  if (through.size > 0)
    warn(
      'group',
      `rights come from the groups ${[...through].sort().join(', ')}: they stay until the subject leaves them`,
    )
  return warnings
}

const everybody = new Set([
  'system:authenticated',
  'system:unauthenticated',
  'system:serviceaccounts',
])

function daysText(days: number): string {
  if (days >= 2) return `${days.toFixed(0)} days`
  const hours = days * 24
  return hours >= 2 ? `${hours.toFixed(0)} hours` : `${(hours * 60).toFixed(0)} minutes`
}
