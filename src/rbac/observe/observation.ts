import { at, textOf } from '../../audit/wire.ts'
import type { AuditEvent } from '../../contracts.ts'
import { bounded, maxPathLength, type Sighting } from './access.ts'
import { impersonationRequests } from './impersonation.ts'
import { KeptByHash } from './kept-by-hash.ts'
import { AccessProfile, boundedReason, type ProfileValue, shapeKeyOf } from './profile.ts'
import { type AccessEvent, type Asker, effectiveAsker, readAccessEvent } from './read-event.ts'
import { ObservationWindow, type WindowValue } from './window.ts'

/** Rows of all profiles together. */
const maxRows = 1 << 20
/** Clusters, which only an operator can add. */
const maxClusters = 10_000

/** As plain data, for checkpoints and other processes. */
export interface ObservationValue {
  readonly version: 1
  readonly windows: readonly WindowValue[]
  readonly profiles: readonly ProfileValue[]
  readonly cut?: string
}

/**
 * What the events of some clusters tell of permissions: a profile for each effective user, and when each cluster was
 * watched. It learns from one event after the other and holds none. Two observations of different parts of a stream, merged
 * in either order, are the observation of the whole.
 */
export class Observation {
  readonly #profiles: KeptByHash<AccessProfile>
  readonly #windows = new Map<string, ObservationWindow>()

  constructor(cut?: string) {
    this.#profiles = new KeptByHash(maxRows, cut)
  }

  add({ raw, cluster, timeUs }: Pick<AuditEvent, 'raw' | 'cluster' | 'timeUs'>): void {
    const event = readAccessEvent(raw)
    const stage = textOf(at(raw, 'stage'))
    this.#windowOf(cluster)?.add({
      stage,
      auditLevel: textOf(at(raw, 'level')),
      verb: event.request.verb,
      isResource: event.request.isResource,
      hasDecision: event.hasDecision || event.outcome === undefined || event.refused !== undefined,
      timeUs,
    })
    // There is no answer yet.
    if (stage === 'RequestReceived') return
    const isStart = stage === 'ResponseStarted'
    this.#learn(cluster, event, { isStart, timeUs, auditId: textOf(at(raw, 'auditID')) })
  }

  merge(other: Observation): void {
    this.#profiles.cutAt(other.#profiles.cut)
    for (const profile of other.#profiles.entries())
      this.#grow(profile.cluster, profile.user, (own) => own.merge(profile))
    for (const [cluster, window] of other.#windows) this.#windowOf(cluster)?.merge(window)
  }

  /** Stable order: by cluster, then by user. */
  profiles(): AccessProfile[] {
    return this.#profiles
      .entries()
      .sort((a, b) => (keyOf(a.cluster, a.user) < keyOf(b.cluster, b.user) ? -1 : 1))
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
    this.#profiles.trim()
    return this.#profiles.cut !== undefined
  }

  toValue(): ObservationValue {
    const profiles = this.profiles().map((profile) => profile.toValue())
    const { cut } = this.#profiles
    return {
      version: 1,
      windows: this.windows().map((window) => window.toValue()),
      profiles,
      ...(cut === undefined ? {} : { cut }),
    }
  }

  static fromValue(value: ObservationValue): Observation {
    const observation = new Observation(value.cut)
    for (const profile of value.profiles)
      observation.#grow(profile.cluster, profile.user, (own) =>
        own.merge(AccessProfile.fromValue(profile)),
      )
    for (const window of value.windows)
      observation.#windows.set(window.cluster, ObservationWindow.fromValue(window))
    return observation
  }

  #learn(
    cluster: string,
    event: AccessEvent,
    when: Pick<Sighting, 'isStart' | 'timeUs' | 'auditId'>,
  ): void {
    const asker = effectiveAsker(event)
    if (asker === undefined) return
    const { request, outcome, refused, reason, isCreated, hints, impersonation } = event
    const sighting: Sighting = { ...when, isCreated, reason: boundedReason(reason), hints }
    this.#grow(cluster, asker.user, (profile) => {
      noteAsker(profile, asker)
      const asked = refused ?? request
      if (outcome === undefined) profile.unjudged += 1
      else
        profile.add(
          shapeKeyOf(asked, outcome, refused === undefined ? 'request' : 'impersonation'),
          asked.namespace,
          asked.name,
          sighting,
        )
    })
    const { caller } = event
    if (impersonation === undefined || caller === undefined) return
    const plain = { ...when, isCreated: false, reason: '', hints: [] }
    this.#grow(cluster, caller.user, (profile) => {
      noteAsker(profile, caller)
      profile.count(plain)
      for (const asked of impersonationRequests(impersonation, request))
        profile
          .row(shapeKeyOf(asked, 'used', 'impersonation'), asked.namespace, asked.name)
          ?.add(plain)
    })
  }

  #grow(cluster: string, name: string, add: (profile: AccessProfile) => void): void {
    const user = bounded(name, maxPathLength)
    const profile = this.#profiles.getOrAdd(
      keyOf(cluster, user),
      () => new AccessProfile(cluster, user),
    )
    if (profile === undefined) return
    const { weight } = profile
    add(profile)
    this.#profiles.grown(profile.weight - weight)
  }

  #windowOf(cluster: string): ObservationWindow | undefined {
    const found = this.#windows.get(cluster)
    if (found !== undefined || this.#windows.size >= maxClusters) return found
    const window = new ObservationWindow(cluster)
    this.#windows.set(cluster, window)
    return window
  }
}

function noteAsker(profile: AccessProfile, { groups, identities }: Asker): void {
  for (const group of groups) profile.groups.add(bounded(group))
  for (const identity of identities) profile.identities.add(bounded(identity))
}

function keyOf(cluster: string, user: string): string {
  return JSON.stringify([cluster, user])
}
