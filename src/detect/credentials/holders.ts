import type { CredentialStory, StateChange, StateRecord } from '../../contracts.ts'
import { foldedHash, UNKNOWN } from '../../util/hash.ts'
import { Remembered } from '../remembered.ts'
import type { Identity } from './identity.ts'
import { touch } from './recent.ts'
import type { Deletion } from './request.ts'
import { type HolderState, type PlaceState, slotUs, type VisitState } from './state.ts'

/** One request, as far as it says when, where and how a credential was used. */
export interface Use {
  readonly cluster: string
  readonly atUs: number
  readonly slot: number
  readonly ip: string
  readonly agent: string
  /** Its hash in the column of clients; 0 when unknown. */
  readonly client: number
}

const atMost = { places: 8, visits: 8, agents: 16 }

/** How long a holder is remembered after its end. */
const afterEndUs = 3_600_000_000

/** The holders of all clusters, by `cluster/holder`. */
export class Holders {
  readonly #states: Remembered<HolderState>
  /** Keys by what they go with: `pod/cluster/namespace/name`, `account/…`. */
  readonly #dependants = new Map<string, Set<string>>()
  /** How many holders go with an object of a name, by the hash of it. */
  readonly #names = new Map<number, number>()
  readonly #onForgotten: (client: number) => void
  #sweptUs = 0

  constructor(maxKeys: number, onForgotten: (client: number) => void) {
    this.#onForgotten = onForgotten
    this.#states = new Remembered({
      prefix: 'credentials/holder.1/',
      maxKeys,
      onGone: (key, state) => {
        this.#link(key, state, false)
        forgetVisits(state.places, onForgotten)
      },
    })
  }

  get forgotten(): number {
    return this.#states.forgotten
  }

  get(key: string): HolderState | undefined {
    return this.#states.get(key)
  }

  changed(key: string): void {
    this.#states.changed(key)
  }

  takeChanges(): readonly StateChange[] {
    return this.#states.takeChanges()
  }

  restore(record: StateRecord): boolean {
    if (!this.#states.restore(record)) return false
    const key = this.#states.keyOf(record)
    const state = this.#states.get(key)
    if (state !== undefined) this.#link(key, state, true)
    return true
  }

  /** The holder of a credential that is in use. */
  of(key: string, { kind, pod, node, secret, serviceAccount }: Identity, use: Use): HolderState {
    const state = this.#states.get(key) ?? this.#make(key, { kind, pod, node, secret }, use)
    if (serviceAccount !== undefined && state.serviceAccount === undefined) {
      state.serviceAccount = serviceAccount
      this.#link(key, state, true)
    }
    if (state.kind !== 'pod' && isBack(state, use)) {
      delete state.deletedUs
      delete state.goneUs
      delete state.goneBecause
    }
    state.slot = Math.max(state.slot, use.slot)
    return state
  }

  /** A pod whose kubelet tells where it is. */
  ofPod(key: string, pod: string, node: string, use: Use): HolderState {
    return this.#states.get(key) ?? this.#make(key, { kind: 'pod', pod, node }, use)
  }

  place(holder: HolderState, use: Use): { readonly place: PlaceState; readonly isNew: boolean } {
    const { ip, slot, atUs } = use
    const { item, isNew, fallen } = touch(
      holder.places,
      (place) => place.ip === ip,
      (): PlaceState => ({ ip, firstUs: atUs, slot, visits: [] }),
      { slot, atMost: atMost.places },
    )
    if (fallen !== undefined) forgetVisits([fallen], this.#onForgotten)
    return { place: item, isNew }
  }

  /** Keeps what was told of a client at a place, for as long as its slot of time lasts. */
  tell(place: PlaceState, use: Use, story: CredentialStory | undefined): void {
    const { agent, slot, client } = use
    const { item, fallen } = touch(
      place.visits,
      (visit) => visit.agent === agent,
      (): VisitState => ({ agent, slot, client }),
      { slot, atMost: atMost.visits },
    )
    if (fallen !== undefined) this.#onForgotten(fallen.client)
    item.client = client
    if (story === undefined) delete item.story
    else item.story = story
  }

  /** The clients with which the holder was at work before, if this is another one. */
  noteAgent({ agents }: HolderState, agent: string): readonly string[] {
    if (agent === '' || agents.includes(agent)) return []
    const others = [...agents]
    if (agents.length >= atMost.agents) agents.shift()
    agents.push(agent)
    return others
  }

  /** The proper client is here: what was told of others elsewhere is to be looked at again. */
  settle({ places }: HolderState, place: PlaceState): void {
    if (place.isProper === true) return
    place.isProper = true
    this.#reopen(places.filter((other) => other.isProper !== true))
  }

  #reopen(places: readonly PlaceState[]): void {
    forgetVisits(places, this.#onForgotten)
    for (const { visits } of places) for (const visit of visits) visit.slot = 0
  }

  /** What was deleted takes its holders along. */
  end(cluster: string, deletion: Deletion, atUs: number): void {
    for (const key of this.#endedBy(cluster, deletion)) {
      const state = this.#states.get(key)
      if (state === undefined || state.firstUs > atUs) continue
      state.deletedUs ??= atUs
      if (deletion.isFinal) state.goneUs ??= atUs
      state.goneBecause ??= becauseOf[deletion.resource]
      this.#reopen(state.places)
      this.#states.changed(key)
    }
  }

  /** Drops, once in a slot of time, those that ended long ago. */
  sweep(atUs: number): void {
    if (atUs < this.#sweptUs + slotUs) return
    this.#sweptUs = atUs - (atUs % slotUs)
    for (const [key, { goneUs, deletedUs }] of this.#states.entries()) {
      const endUs = goneUs ?? deletedUs
      if (endUs !== undefined && endUs < this.#sweptUs - afterEndUs) this.#states.delete(key)
    }
  }

  #make(
    key: string,
    what: Pick<HolderState, 'kind'> & Optional<Pick<Identity, 'pod' | 'node' | 'secret'>>,
    { atUs, slot }: Use,
  ): HolderState {
    const { kind, pod, node, secret } = what
    const state = this.#states.add(key, {
      kind,
      ...(pod !== undefined && { pod }),
      ...(secret !== undefined && { secret }),
      ...(node !== undefined && node !== '' && { node }),
      firstUs: atUs,
      slot,
      agents: [],
      places: [],
    })
    this.#link(key, state, true)
    return state
  }

  /** Whether the end of an object of that name may be the end of a holder. */
  mayEndWith(nameHash: number): boolean {
    return nameHash === UNKNOWN || this.#names.has(nameHash)
  }

  #endedBy(cluster: string, { resource, namespace, name }: Deletion): readonly string[] {
    const prefix = `${becauseOf[resource]}/${cluster}/${namespace}/`
    if (name !== undefined) return [...(this.#dependants.get(prefix + name) ?? [])]
    return [...this.#dependants].flatMap(([owner, keys]) =>
      owner.startsWith(prefix) ? [...keys] : [],
    )
  }

  #link(key: string, { pod, secret, serviceAccount }: HolderState, isThere: boolean): void {
    const cluster = key.slice(0, key.indexOf('/'))
    const owners = { pod, secret, account: serviceAccount }
    for (const [what, name] of Object.entries(owners)) {
      if (name === undefined) continue
      const owner = `${what}/${cluster}/${name}`
      const keys = this.#dependants.get(owner) ?? new Set()
      if (keys.has(key) === isThere) continue
      if (isThere) keys.add(key)
      else keys.delete(key)
      if (keys.size > 0) this.#dependants.set(owner, keys)
      else this.#dependants.delete(owner)
      this.#count(foldedHash(name.slice(name.indexOf('/') + 1)), isThere ? 1 : -1)
    }
  }

  #count(nameHash: number, change: number): void {
    const count = (this.#names.get(nameHash) ?? 0) + change
    if (count > 0) this.#names.set(nameHash, count)
    else this.#names.delete(nameHash)
  }
}

type Optional<T> = { readonly [Key in keyof T]?: T[Key] | undefined }

const becauseOf = { pods: 'pod', serviceaccounts: 'account', secrets: 'secret' } as const

/** A Secret that was made again has the same name; a token that is good long after its end is of the new one. */
function isBack({ goneUs, goneBecause }: HolderState, { atUs }: Use): boolean {
  return goneBecause === 'secret' && goneUs !== undefined && atUs > goneUs + 60_000_000
}

function forgetVisits(places: readonly PlaceState[], onForgotten: (client: number) => void): void {
  for (const { visits } of places) for (const { client } of visits) onForgotten(client)
}
