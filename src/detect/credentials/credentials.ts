import type {
  AuditEvent,
  CredentialStory,
  EventBatch,
  Remembering,
  StateChange,
  StateRecord,
} from '../../contracts.ts'
import { Remembered } from '../remembered.ts'
import { accountsWith, newAddress, noteAt, notePod } from './addresses.ts'
import { ClientMemo } from './client-memo.ts'
import { ClusterNames } from './cluster-names.ts'
import { Holders, type Use } from './holders.ts'
import { type Identity, identityOf } from './identity.ts'
import { clientKeyOf, lookAt } from './look.ts'
import { isGateway, isProperClient, judgePlace, kubeletAgent } from './place.ts'
import { agentOf, codeOf, deletionOf, issueOf, podStatusOf, receivedUsOf } from './request.ts'
import { type AddressState, type IssuedState, slotOf } from './state.ts'
import { afterEnd, tellStory } from './story.ts'

export interface CredentialLimits {
  readonly holders: number
  readonly addresses: number
  readonly issued: number
}

export const credentialLimits: CredentialLimits = {
  holders: 50_000,
  addresses: 50_000,
  issued: 20_000,
}

/**
 * What is remembered of credentials: who had them issued, where and with which clients they are used, and that they are
 * gone. Pure, and a function of the events in their order; time is that of the events.
 */
export interface Credentials extends Remembering {
  /** Which items of a batch have to be observed; of the others there is nothing to tell. */
  open(batch: EventBatch): (item: number) => boolean
  /**
   * Takes one event in, and tells what is out of the ordinary about its credential. What recurs at the same place with the
   * same client within five minutes is told the same again. `from` is where the event stands.
   */
  observe(
    event: AuditEvent,
    from?: { readonly batch: EventBatch; readonly item: number },
  ): CredentialStory | undefined
  /** How much had to go for want of room. */
  readonly forgotten: number
}

export function createCredentials(limits: CredentialLimits = credentialLimits): Credentials {
  return new CredentialStore(limits)
}

/** A refusal is not put down to what went longer ago. */
const refusedWithinUs = 3_600_000_000

class CredentialStore implements Credentials {
  readonly #holders: Holders
  readonly #addresses: Remembered<AddressState>
  readonly #issued: Remembered<IssuedState>
  readonly #calm = new ClientMemo()
  readonly #clusters = new ClusterNames()
  #unusable: StateChange[] = []

  constructor(limits: CredentialLimits) {
    this.#holders = new Holders(limits.holders, (client) => this.#calm.forget(client))
    this.#addresses = new Remembered({
      prefix: 'credentials/address.1/',
      maxKeys: limits.addresses,
    })
    this.#issued = new Remembered({ prefix: 'credentials/issued.1/', maxKeys: limits.issued })
  }

  get forgotten(): number {
    return this.#holders.forgotten + this.#addresses.forgotten + this.#issued.forgotten
  }

  takeChanges(): readonly StateChange[] {
    const unusable = this.#unusable
    this.#unusable = []
    const parts = [this.#holders, this.#addresses, this.#issued]
    return [...unusable, ...parts.flatMap((part) => part.takeChanges())]
  }

  restore(records: Iterable<StateRecord>): void {
    const parts = [this.#holders, this.#addresses, this.#issued]
    for (const record of records) {
      if (!parts.some((part) => part.restore(record)))
        this.#unusable.push({ key: record.key, value: undefined })
    }
  }

  open(batch: EventBatch): (item: number) => boolean {
    const mayEndWith = (nameHash: number): boolean => this.#holders.mayEndWith(nameHash)
    return lookAt(batch, this.#calm, mayEndWith, this.#clusters.of(batch.cluster).hash)
  }

  observe(
    event: AuditEvent,
    from?: { readonly batch: EventBatch; readonly item: number },
  ): CredentialStory | undefined {
    const cluster = this.#clusters.of(event.cluster)
    const key = from && clientKeyOf(from.batch, from.item, cluster.hash)
    const use = useOf(event, cluster.encoded, key?.client ?? 0)
    this.#holders.sweep(use.atUs)
    const deletion = deletionOf(event)
    if (deletion !== undefined) this.#holders.end(use.cluster, deletion, use.atUs)
    const identity = identityOf(event)
    const story =
      identity === undefined ? this.#refusalStory(event, use) : this.#storyOf(identity, use)
    this.#noteIssue(event, use, story)
    if (identity?.kind === 'node') this.#notePodStatus(event, identity.node ?? '', use)
    // Of a long request that began before, nothing follows for the slot in which it ended.
    if (key !== undefined && story === undefined && key.slot === use.slot) this.#calm.add(key)
    // What comes late, of a slot that was calm, is told the same.
    if (key !== undefined && story !== undefined) this.#calm.forget(key.client)
    return story
  }

  #storyOf(identity: Identity, use: Use): CredentialStory | undefined {
    const { cluster, slot, ip, agent } = use
    const key = `${cluster}/${identity.holder}`
    const holder = this.#holders.of(key, identity, use)
    const isFirst = !holder.places.some(({ visits }) => visits.length > 0)
    const known = holder.places
      .find((other) => other.ip === ip)
      ?.visits.find((visit) => visit.agent === agent)
    if (known !== undefined && known.slot >= slot) {
      known.client = use.client
      return known.story
    }
    const address = this.#addressOf(use)
    const { place, isNew: isNewPlace } = this.#holders.place(holder, use)
    const isLivePod = (name: string): boolean => {
      const other = this.#holders.get(`${cluster}/${name}`)
      return other !== undefined && other.deletedUs === undefined
    }
    const isProperHere = isProperClient(holder.kind, agent)
    const isProper = isProperHere || place.isProper === true
    const found = judgePlace({
      holder,
      name: identity.holder,
      isFirst,
      place,
      isNewPlace,
      isProper,
      address,
      slot,
      atUs: use.atUs,
      addressAt: (other) => this.#addresses.get(`${cluster}/${other}`),
      isLivePod,
    })
    const isTrusted = isAtHome({ place: found.words })
    if (isTrusted && isProper) this.#holders.settle(holder, place)
    noteAt(address, identity, { ...use, isTrusted })
    const story = tellStory({
      holder,
      address,
      use,
      place: found,
      otherClients: this.#holders.noteAgent(holder, agent),
      issued: this.#issued.get(`${cluster}/${identity.credentialId}`),
      accounts: identity.serviceAccount === undefined ? 0 : accountsWith(address, agent, slot),
    })
    this.#holders.tell(place, use, isOnlyFirst(story) ? undefined : story)
    this.#holders.changed(key)
    return story
  }

  /** Of a request that did not authenticate: whether what was in use at its address is gone. */
  #refusalStory(event: AuditEvent, { cluster, ip, slot, atUs }: Use): CredentialStory | undefined {
    if (codeOf(event) !== 401) return undefined
    const address = this.#addresses.get(`${cluster}/${ip}`)
    if (address === undefined || isGateway(address, slot)) return undefined
    const [latest] = address.holders
      .flatMap(({ name }) => {
        const holder = this.#holders.get(`${cluster}/${name}`)
        const endUs = holder?.deletedUs
        return holder === undefined || endUs === undefined ? [] : [{ holder, endUs }]
      })
      .filter(({ endUs }) => endUs < atUs && endUs > atUs - refusedWithinUs)
      .sort((a, b) => b.endUs - a.endUs)
    return latest && afterEnd(latest.holder, latest.endUs, atUs)
  }

  /** Tokens that kubelets and the controller manager request are what they provide to pods and controllers. */
  #noteIssue(event: AuditEvent, use: Use, story: CredentialStory | undefined): void {
    const { cluster, slot, ip, agent } = use
    const { actor } = event
    const issue = issueOf(event)
    if (issue === undefined || issue.account === actor) return
    const isKubelet = actor.startsWith('system:node:') && agent === kubeletAgent && isAtHome(story)
    if (isKubelet || actor === 'system:kube-controller-manager') return
    this.#issued.add(`${cluster}/${issue.credentialId}`, { by: actor, ip, slot })
  }

  #notePodStatus(event: AuditEvent, node: string, use: Use): void {
    const status = podStatusOf(event)
    if (status === undefined) return
    const name = `pod/${status.uid}`
    const key = `${use.cluster}/${name}`
    const holder = this.#holders.ofPod(key, status.pod, node, use)
    for (const ip of status.ips) {
      const { place } = this.#holders.place(holder, { ...use, ip })
      if (place.isTold) continue
      place.isTold = true
      this.#holders.changed(key)
      notePod(this.#addressOf({ ...use, ip }), name, node, use.slot)
    }
  }

  #addressOf({ cluster, ip, slot, atUs }: Use): AddressState {
    const key = `${cluster}/${ip}`
    const address = this.#addresses.get(key)
    if (address === undefined) return this.#addresses.add(key, newAddress({ slot, atUs }))
    this.#addresses.changed(key)
    return address
  }
}

function useOf(event: AuditEvent, cluster: string, client: number): Use {
  const atUs = receivedUsOf(event)
  return { cluster, atUs, slot: slotOf(atUs), ip: event.peerIp, agent: agentOf(event), client }
}

/** That nothing was known before is told once: nearly all that is new is ordinary. */
function isOnlyFirst(story: CredentialStory | undefined): boolean {
  return story?.place?.length === 1 && story.place[0] === 'first' && Object.keys(story).length === 1
}

/** Nothing that is known of the holder speaks against the place. */
function isAtHome(story: CredentialStory | undefined): boolean {
  return !story?.place?.includes('elsewhere')
}
