import { textKey } from '../../util/text-key.ts'
import {
  type AccessRequest,
  type AccessShapeKey,
  bounded,
  maxPathLength,
  maxTextLength,
  type ObservedAccess,
} from './access.ts'
import { KeptByHash, sortedByKey, type Weighted } from './kept-by-hash.ts'
import { AccessShape, type Row, type ShapeValue } from './shape.ts'
import { SmallestTexts } from './smallest-texts.ts'
import { addTally, emptyTally, requestsOf, type Tally } from './tally.ts'

/**
 * Rows of one subject, at most: distinct requests, of which those of one verb on one resource are `maxRows` at most. In
 * memory it may be twice as many, at a few hundred bytes each.
 */
export const maxProfileRows = 8192
/** What a profile takes beside its rows, in rows: some 2 KB. */
export const profileWeight = 8
const maxGrants = 512
const maxGroups = 64
const maxIdentities = 32
const maxReasonLength = 1024

/** A binding by which requests were allowed, or another reason that the API server gave. */
export interface GrantUse {
  /** `authorization.k8s.io/reason`, for `parseGrant`. */
  readonly reason: string
  readonly requests: number
  readonly firstSeenUs: number
  readonly lastSeenUs: number
}

/** As plain data. Two of one subject are united by `AccessProfile.merge`. */
export interface ProfileValue {
  readonly cluster: string
  readonly user: string
  readonly groups: TextsValue
  readonly identities: TextsValue
  readonly total: Tally
  /** Events that tell of no permission: flow control turned them away, or the authorizer broke. */
  readonly unjudged: number
  readonly cut?: string
  readonly shapes: readonly ShapeValue[]
  readonly grantsCut?: string
  readonly grants: readonly (Tally & { readonly reason: string })[]
}

interface TextsValue {
  readonly texts: readonly string[]
  readonly isCut: boolean
}

class GrantTally implements Weighted {
  readonly weight = 1
  readonly reason: string
  readonly tally = emptyTally()

  constructor(reason: string) {
    this.reason = reason
  }
}

/**
 * What one user of one cluster asked for, and what came of it. Bounded, whatever the user does; equal, whatever the order in
 * which it learned, in one part or in several that are merged.
 */
export class AccessProfile implements Weighted {
  readonly cluster: string
  /** The effective user. */
  readonly user: string
  /** Groups that the user was in at some time; the first 64. */
  readonly groups = new SmallestTexts(maxGroups)
  /** Whom a cloud provider knows the user as: `key=value` of the user's extras. */
  readonly identities = new SmallestTexts(maxIdentities)
  readonly total = emptyTally()
  unjudged = 0
  /** Rows handed out by `row` are good as long as this does not change. */
  generation = 0
  readonly #shapes: KeptByHash<AccessShape>
  readonly #grants: KeptByHash<GrantTally>
  #weight = 0

  constructor(cluster: string, user: string, cuts: { cut?: string; grantsCut?: string } = {}) {
    this.cluster = cluster
    this.user = user
    this.#shapes = new KeptByHash(maxProfileRows, cuts.cut)
    this.#grants = new KeptByHash(maxGrants, cuts.grantsCut)
    if (cuts.cut !== undefined) this.#weight = maxProfileRows
  }

  /** In rows. */
  get weight(): number {
    return profileWeight + Math.min(this.#weight, maxProfileRows)
  }

  /** Requests, also those that no row is kept of. */
  get requests(): number {
    return requestsOf(this.total)
  }

  get firstSeenUs(): number {
    return this.total.firstUs
  }

  get lastSeenUs(): number {
    return this.total.lastUs
  }

  /** There was more than is kept: what is missing here may have been used. */
  get isCut(): boolean {
    this.#shapes.trim()
    return this.#shapes.cut !== undefined
  }

  /** The tally of a reason; undefined if none is kept. */
  grantTally(reason: string): Tally | undefined {
    if (reason === '') return undefined
    return this.#grants.getOrAdd(reason, () => new GrantTally(reason))?.tally
  }

  /** The row of a request; undefined if none is kept. */
  row(key: AccessShapeKey, namespace: string, name: string): Row | undefined {
    const bound = boundedKey(key)
    const shape = this.#shape(bound)
    return shape && this.#grow(shape, () => shape.row(bounded(namespace), name))
  }

  /** Takes in what another part learned of the same user. */
  merge(other: AccessProfile): void {
    this.groups.merge(other.groups)
    this.identities.merge(other.identities)
    addTally(this.total, other.total)
    this.unjudged += other.unjudged
    if (other.isCut) this.#weight = Math.max(this.#weight, maxProfileRows)
    this.#shapes.cutAt(other.#shapes.cut)
    for (const shape of other.#shapes.entries()) {
      const own = this.#shape(shape.key)
      if (own !== undefined) this.#grow(own, () => own.merge(shape))
    }
    this.#grants.cutAt(other.#grants.cut)
    for (const { reason, tally } of other.#grants.entries()) {
      const own = this.#grants.getOrAdd(reason, () => new GrantTally(reason))
      if (own !== undefined) addTally(own.tally, tally)
    }
    this.generation += 1
  }

  /** The distinct requests, in a stable order. */
  accesses(): ObservedAccess[] {
    return this.#sortedShapes().flatMap(({ key, rows }) =>
      rows.map(
        ({ namespace, name, created, samples, reasons, hints, ...tally }): ObservedAccess => ({
          ...key,
          namespace,
          name,
          requests: requestsOf(tally),
          created,
          firstSeenUs: tally.firstUs,
          lastSeenUs: tally.lastUs,
          samples: samples.map(({ auditId }) => auditId).filter((id) => id !== ''),
          reasons,
          hints,
        }),
      ),
    )
  }

  /** By which bindings requests were allowed, in a stable order. */
  grants(): GrantUse[] {
    return this.#sortedGrants().map(({ reason, tally }) => ({
      reason,
      requests: requestsOf(tally),
      firstSeenUs: tally.firstUs,
      lastSeenUs: tally.lastUs,
    }))
  }

  toValue(): ProfileValue {
    const { cluster, user, groups, identities, total, unjudged } = this
    const shapes = this.#sortedShapes()
    const grants = this.#sortedGrants().map(({ reason, tally }) => ({ reason, ...tally }))
    return {
      cluster,
      user,
      groups: { texts: groups.texts, isCut: groups.isCut },
      identities: { texts: identities.texts, isCut: identities.isCut },
      total,
      unjudged,
      ...(this.#shapes.cut === undefined ? {} : { cut: this.#shapes.cut }),
      shapes,
      ...(this.#grants.cut === undefined ? {} : { grantsCut: this.#grants.cut }),
      grants,
    }
  }

  static fromValue(value: ProfileValue): AccessProfile {
    const profile = new AccessProfile(value.cluster, value.user, value)
    const { groups, identities } = value
    profile.groups.merge(new SmallestTexts(maxGroups, groups.texts, groups.isCut))
    profile.identities.merge(new SmallestTexts(maxIdentities, identities.texts, identities.isCut))
    addTally(profile.total, value.total)
    profile.unjudged = value.unjudged
    for (const shape of value.shapes) {
      const own = profile.#shape(shape.key)
      if (own !== undefined) profile.#grow(own, () => own.merge(AccessShape.fromValue(shape)))
    }
    for (const { reason, ...tally } of value.grants) {
      const grant = profile.#grants.getOrAdd(reason, () => new GrantTally(reason))
      if (grant !== undefined) addTally(grant.tally, tally)
    }
    return profile
  }

  #shape(key: AccessShapeKey): AccessShape | undefined {
    return this.#shapes.getOrAdd(textOfKey(key), () => {
      this.#weight += 1
      return new AccessShape(key)
    })
  }

  /** Runs something that may add rows to the shape, and keeps the weights right. */
  #grow<Result>(shape: AccessShape, add: () => Result): Result {
    const { weight, collapses } = shape
    const result = add()
    if (shape.collapses !== collapses) this.generation += 1
    const by = shape.weight - weight
    if (by > 0) {
      this.#weight += by
      this.#shapes.grown(by)
    }
    return result
  }

  #sortedShapes(): ShapeValue[] {
    return sortedByKey(this.#shapes.entries(), ({ key }) => textOfKey(key)).map((shape) =>
      shape.toValue(),
    )
  }

  #sortedGrants(): GrantTally[] {
    return sortedByKey(this.#grants.entries(), ({ reason }) => reason)
  }
}

/** The key of a request, however long its texts are. */
export function shapeKeyOf(
  { verb, isResource, apiGroup, resource, subresource, path }: AccessRequest,
  outcome: AccessShapeKey['outcome'],
  origin: AccessShapeKey['origin'],
): AccessShapeKey {
  return { outcome, origin, verb, isResource, apiGroup, resource, subresource, path }
}

function boundedKey(key: AccessShapeKey): AccessShapeKey {
  const { verb, apiGroup, resource, subresource, path } = key
  const texts = [verb, apiGroup, resource, subresource]
  if (texts.every((text) => text.length <= maxTextLength) && path.length <= maxPathLength)
    return key
  return {
    ...key,
    verb: bounded(verb),
    apiGroup: bounded(apiGroup),
    resource: bounded(resource),
    subresource: bounded(subresource),
    path: bounded(path, maxPathLength),
  }
}

/** In an order that keeps together what rules join. */
function textOfKey({ outcome, origin, verb, isResource, ...of }: AccessShapeKey): string {
  const what = isResource ? [of.apiGroup, of.resource, of.subresource] : [of.path]
  return textKey([...what, verb, outcome, origin])
}

/** A reason of any length, as it is counted. */
export function boundedReason(reason: string): string {
  return bounded(reason, maxReasonLength)
}
