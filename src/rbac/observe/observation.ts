import { decodeItem, toAuditEvent } from '../../audit/event.ts'
import type { SplitItems } from '../../audit/split.ts'
import { at, textOf } from '../../audit/wire.ts'
import type { AuditEvent } from '../../contracts.ts'
import { textKey } from '../../util/text-key.ts'
import { bounded, maxPathLength } from './access.ts'
import { impersonationRequests } from './impersonation.ts'
import { ItemReader } from './item-reader.ts'
import { KeptByHash, sortedByKey } from './kept-by-hash.ts'
import { type EventKind, PreparedEvent, RecurringEvents } from './prepared-event.ts'
import { AccessProfile, boundedReason, type ProfileValue, shapeKeyOf } from './profile.ts'
import { type AccessEvent, type Asker, effectiveAsker, readAccessEvent } from './read-event.ts'
import { type SeenAccess, SeenRequest } from './seen-request.ts'
import { ObservationWindow, type WindowValue } from './window.ts'

/** Rows of all profiles together, if nothing else is said; each profile counts as eight more. */
const defaultMaxRows = 1 << 20
/** Clusters, which only an operator can add. */
const maxClusters = 10_000

/** As plain data, for checkpoints and other processes. */
export interface ObservationValue {
  readonly version: 1
  readonly windows: readonly WindowValue[]
  readonly profiles: readonly ProfileValue[]
  readonly cut?: string
}

export interface ObservationOptions {
  /** Whose profiles are kept; of others, only when something came. Default: everybody's. */
  readonly wants?: (user: string) => boolean
  /** As of `ObservationValue`. */
  readonly cut?: string
  /** Rows of all profiles together, each profile itself as eight: some hundred bytes each, and in memory it may be twice as many. */
  readonly maxRows?: number
}

/**
 * What the events of some clusters tell of permissions: a profile for each effective user, and when each cluster was
 * watched. It learns from one event after the other and holds none. Two observations of different parts of a stream, merged
 * in either order, are the observation of the whole.
 */
export class Observation {
  readonly #profiles: KeptByHash<AccessProfile>
  readonly #windows = new Map<string, ObservationWindow>()
  readonly #wants: (user: string) => boolean
  readonly #reader: ItemReader
  readonly #recurring = new RecurringEvents()
  /** Askers whose groups are in their profile. */
  readonly #noted = new WeakSet<Asker>()

  constructor({ wants = () => true, cut, maxRows = defaultMaxRows }: ObservationOptions = {}) {
    this.#profiles = new KeptByHash(maxRows, cut)
    this.#wants = wants
    this.#reader = new ItemReader(wants)
  }

  add({ raw, cluster, timeUs }: Pick<AuditEvent, 'raw' | 'cluster' | 'timeUs'>): void {
    const stage = textOf(at(raw, 'stage'))
    const auditId = (): string => textOf(at(raw, 'auditID'))
    const auditLevel = textOf(at(raw, 'level'))
    this.#prepare(cluster, readAccessEvent(raw), auditLevel).count(stage, timeUs, { auditId })
  }

  /**
   * The events of a batch of split items, of which `places` were noted if it is to be quick: a request that came before is
   * told by its bytes, and not decoded again.
   */
  addItems(cluster: string, bytes: Uint8Array, items: SplitItems): void {
    const reader = this.#reader
    reader.look(bytes, items)
    const batch = { cluster, sender: '', receivedAtMs: 0, bytes, index: items }
    const makeKind = (): EventKind => ({ event: reader.event(), byName: new Map() })
    for (let item = 0; item < items.count; item++) {
      if (!reader.read(item)) {
        this.add(toAuditEvent(decodeItem(batch, item), batch))
        continue
      }
      const kind = this.#recurring.kind(cluster, reader, makeKind)
      let prepared = kind.byName.get(reader.rawName)
      if (prepared === undefined) {
        prepared = this.#prepare(cluster, withName(kind.event, reader.name()), reader.auditLevel)
        this.#recurring.keep(kind, reader.rawName, prepared)
      }
      prepared.count(reader.stage, reader.timeUs, reader)
    }
  }

  merge(other: Observation): void {
    this.#profiles.cutAt(other.#profiles.cut)
    for (const profile of other.#profiles.entries())
      this.#grow(profile.cluster, profile.user, (own) => own.merge(profile))
    for (const [cluster, window] of other.#windows) this.#windowOf(cluster)?.merge(window)
  }

  /** Stable order: by cluster, then by user. */
  profiles(): AccessProfile[] {
    const byUser = sortedByKey(this.#profiles.entries(), ({ user }) => user)
    return sortedByKey(byUser, ({ cluster }) => cluster)
  }

  /** Undefined if the user never asked for anything, or there were too many users. */
  profile(cluster: string, user: string): AccessProfile | undefined {
    return this.#profiles.get(keyOf(cluster, user))
  }

  windows(): ObservationWindow[] {
    return [...this.#windows.values()].sort((a, b) => (a.cluster < b.cluster ? -1 : 1))
  }

  /** There were more users than are kept: one that has no profile may have been at work all the same. */
  get isCut(): boolean {
    return this.cut !== undefined
  }

  /** As of `ObservationValue`. */
  get cut(): string | undefined {
    this.#profiles.trim()
    return this.#profiles.cut
  }

  toValue(): ObservationValue {
    const profiles = this.profiles().map((profile) => profile.toValue())
    const { cut } = this
    return {
      version: 1,
      windows: this.windows().map((window) => window.toValue()),
      profiles,
      ...(cut === undefined ? {} : { cut }),
    }
  }

  static fromValue(
    value: ObservationValue,
    options: Pick<ObservationOptions, 'maxRows'> = {},
  ): Observation {
    const { cut } = value
    const observation = new Observation({ ...options, ...(cut === undefined ? {} : { cut }) })
    for (const profile of value.profiles)
      observation.#grow(profile.cluster, profile.user, (own) =>
        own.merge(AccessProfile.fromValue(profile)),
      )
    for (const window of value.windows)
      observation.#windows.set(window.cluster, ObservationWindow.fromValue(window))
    return observation
  }

  #prepare(cluster: string, event: AccessEvent, auditLevel: string): PreparedEvent {
    const { request, outcome, hasDecision, refused } = event
    const traits = {
      auditLevel,
      verb: request.verb,
      isResource: request.isResource,
      isUndecided: !hasDecision && outcome !== undefined && refused === undefined,
    }
    return new PreparedEvent(this.#windowOf(cluster), traits, () =>
      this.#requestsOf(cluster, event),
    )
  }

  /** What the event says of the effective user, and of who acts as another. */
  #requestsOf(cluster: string, event: AccessEvent): readonly SeenRequest[] {
    const asker = effectiveAsker(event)
    if (asker === undefined) return []
    const { request, outcome, refused, isCreated, hints, impersonation, caller } = event
    const asked = refused ?? request
    const origin = refused === undefined ? 'request' : 'impersonation'
    const own = this.#seen(cluster, asker, {
      key: outcome && shapeKeyOf(asked, outcome, origin),
      namespace: asked.namespace,
      name: asked.name,
      isCreated,
      reason: boundedReason(event.reason),
      hints,
      isCounted: true,
    })
    if (impersonation === undefined || caller === undefined) return own
    const asOther = impersonationRequests(impersonation, request).flatMap((right, at) =>
      this.#seen(cluster, caller, {
        key: shapeKeyOf(right, 'used', 'impersonation'),
        namespace: right.namespace,
        name: right.name,
        isCreated: false,
        reason: '',
        hints: [],
        isCounted: at === 0,
      }),
    )
    return [...own, ...asOther]
  }

  #seen(cluster: string, asker: Asker, access: SeenAccess): readonly SeenRequest[] {
    if (!this.#wants(asker.user)) return []
    const profile = this.#grow(cluster, asker.user, (own) => this.#note(own, asker))
    if (profile === undefined) return []
    const grow = (add: () => void) => this.#grow(cluster, asker.user, add)
    return [new SeenRequest(profile, access, grow)]
  }

  #note(profile: AccessProfile, asker: Asker): void {
    if (this.#noted.has(asker)) return
    this.#noted.add(asker)
    for (const group of asker.groups) profile.groups.add(bounded(group))
    for (const identity of asker.identities) profile.identities.add(bounded(identity))
  }

  #grow(
    cluster: string,
    name: string,
    add: (profile: AccessProfile) => void,
  ): AccessProfile | undefined {
    const user = bounded(name, maxPathLength)
    const profile = this.#profiles.getOrAdd(
      keyOf(cluster, user),
      () => new AccessProfile(cluster, user),
    )
    if (profile === undefined) return undefined
    const { weight } = profile
    add(profile)
    const { cut } = this.#profiles
    this.#profiles.grown(profile.weight - weight)
    // What is remembered may count for profiles that are dropped now.
    if (this.#profiles.cut !== cut) this.#recurring.clear()
    return profile
  }

  #windowOf(cluster: string): ObservationWindow | undefined {
    const found = this.#windows.get(cluster)
    if (found !== undefined || this.#windows.size >= maxClusters) return found
    const window = new ObservationWindow(cluster)
    this.#windows.set(cluster, window)
    return window
  }
}

function withName(event: AccessEvent, name: string): AccessEvent {
  return name === event.request.name ? event : { ...event, request: { ...event.request, name } }
}

function keyOf(cluster: string, user: string): string {
  return textKey([cluster, user])
}
