import { annotationKeyBit } from '../../audit/annotation-families.ts'
import { valuesOn } from '../../audit/known-predicates.ts'
import type { EventBatch } from '../../contracts.ts'
import { ABSENT, foldedHash, foldedHashOfBytes, UNKNOWN } from '../../util/hash.ts'
import type { ClientKey, ClientMemo } from './client-memo.ts'
import { slotOf } from './state.ts'

const verbs = new Set(['delete', 'deletecollection'].map(foldedHash))
const deletedResources = new Set(['pods', 'serviceaccounts', 'secrets'].map(foldedHash))
const token = foldedHash('token')
const status = foldedHash('status')
const unauthorized = foldedHash('401')

/** On every request with a token that lies in a Secret; which one is not among what the column of clients is made of. */
const secretTokenBit = annotationKeyBit('authentication.k8s.io/legacy-token')

/** A kubelet requests tokens for its pods all the time; while it is where it belongs, nothing follows from that. */
const kubeletBits = bitOf('user.username', 'system:node:') | bitOf('userAgent', 'kubelet/')

/** All bits for what is not told from the bytes: no event has them. */
function bitOf(field: string, value: string): number {
  return valuesOn(field).find((known) => known.value === value)?.bit ?? -1
}

/** What a pod's status takes at least, with the event around it. */
const minStatusBytes = 2000

/**
 * Tells which items of a batch have to be decoded for what is remembered of credentials: those that may end one, issue one or
 * come from an unknown place, and all of which there is something to tell. Of ordinary traffic, one request of every client
 * within a slot of time. `clusterHash` is that of its name: clusters may have users of the same name at the same address.
 */
export function lookAt(
  batch: EventBatch,
  memo: ClientMemo,
  mayEndWith: (nameHash: number) => boolean,
  clusterHash: number,
): (item: number) => boolean {
  const { bytes, index } = batch
  const { columns, clients, agents, annotationKeys, timesUs, starts, ends, certainlyTrue } = index
  const names = index.texts['objectRef.name']
  const verb = columns.verb
  const resource = columns['objectRef.resource']
  const subresource = columns['objectRef.subresource']
  const code = columns['responseStatus.code']
  const username = columns['user.username']
  return (item) => {
    const client = clients[item]!
    const timeUs = timesUs[item]!
    const answer = code[item]!
    const below = subresource[item]!
    if (client === UNKNOWN || timeUs === 0) return true
    if (answer === unauthorized || answer === UNKNOWN) return true
    if (below === UNKNOWN) return true
    if (below === token && (certainlyTrue[item]! & kubeletBits) !== kubeletBits) return true
    if (below === status && ends[item]! - starts[item]! > minStatusBytes) return true
    const act = verb[item]!
    if (act === UNKNOWN || verbs.has(act)) {
      const target = resource[item]!
      if (target === UNKNOWN) return true
      if (deletedResources.has(target)) {
        const name = names[item]!
        if (name === ABSENT || name === UNKNOWN) return true
        const start = starts[item]! + (name >>> 16)
        if (mayEndWith(foldedHashOfBytes(bytes, start, start + (name & 0xffff)))) return true
      }
    }
    if ((annotationKeys[item]! & secretTokenBit) !== 0) return true
    return !memo.has(client, agents[item]!, username[item]! ^ clusterHash, slotOf(timeUs))
  }
}

/** What an item is known by once it has been looked at. */
export function clientKeyOf({ index }: EventBatch, item: number, clusterHash: number): ClientKey {
  return {
    client: index.clients[item]!,
    agent: index.agents[item]!,
    username: index.columns['user.username'][item]! ^ clusterHash,
    slot: slotOf(index.timesUs[item]!),
  }
}
