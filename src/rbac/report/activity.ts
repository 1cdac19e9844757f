import type { ObservedAccess } from '../observe/access.ts'
import { resourceText } from '../suggest/need.ts'
import { leastOf, mostOf } from '../usage/rule-use.ts'
import { keyOfCapability } from '../usage/universe.ts'

/** What somebody did, in short. */
export interface Activity {
  readonly requests: number
  /** Different verbs on resources and paths. */
  readonly kinds: number
  readonly verbs: readonly string[]
  /** Resources and paths; the first ten. */
  readonly resources: readonly string[]
  readonly firstSeenUs: number | undefined
  readonly lastSeenUs: number | undefined
}

const maxResources = 10

export function activityOf(accesses: Iterable<ObservedAccess>): Activity {
  const distinct = [...new Set(accesses)]
  const resources = distinct.map((access) =>
    access.isResource ? resourceText({ ...access, namespace: '', name: '' }) : access.path,
  )
  return {
    requests: distinct.reduce((all, { requests }) => all + requests, 0),
    kinds: new Set(distinct.map(keyOfCapability)).size,
    verbs: [...new Set(distinct.map(({ verb }) => verb))].sort(),
    resources: [...new Set(resources)].sort().slice(0, maxResources),
    firstSeenUs: leastOf(distinct.map(({ firstSeenUs }) => firstSeenUs)),
    lastSeenUs: mostOf(distinct.map(({ lastSeenUs }) => lastSeenUs)),
  }
}
