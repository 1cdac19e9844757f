import { addressClassOf } from '../../audit/derived/address-class.ts'
import type { CredentialPlace } from '../../contracts.ts'
import type { HolderKind } from './identity.ts'
import { areComparable, networkOf } from './network.ts'
import { type AddressState, type HolderState, isActive, type PlaceState, slotOf } from './state.ts'

/** One use of a credential, and what is known of those that it concerns, before it is added to that. */
export interface Sighting {
  readonly holder: HolderState
  /** Of the holder, within its cluster. */
  readonly name: string
  readonly isFirst: boolean
  readonly place: PlaceState
  readonly isNewPlace: boolean
  /** The proper client is at the place, now or before. */
  readonly isProper: boolean
  readonly address: AddressState
  readonly slot: number
  readonly atUs: number
  readonly addressAt: (ip: string) => AddressState | undefined
  /** The pod is known, and not deleted. */
  readonly isLivePod: (holder: string) => boolean
}

export interface Judgement {
  readonly words: readonly CredentialPlace[]
  /** Where else the holder is at work, if that speaks against this place. */
  readonly others: readonly PlaceState[]
}

/** The user agent's product of a node's own client. */
export const kubeletAgent = 'kubelet'

/** Products that are in everybody's hands, or of libraries: they say nothing about what runs there. */
const commonAgents = new Set([
  '',
  'aiohttp',
  'axios',
  'curl',
  'go-http-client',
  'helm',
  'httpie',
  'java',
  'k9s',
  'kubectl',
  'mozilla',
  'node-fetch',
  'okhttp',
  'powershell',
  'python',
  'python-requests',
  'python-urllib',
  'wget',
])

/** Whether a client tells that it is where its holder runs, as far as clients can tell: they choose their names. */
export function isProperClient(kind: HolderKind, agent: string): boolean {
  if (kind === 'node') return agent === kubeletAgent
  return kind !== 'person' && !commonAgents.has(agent)
}

/** Above it, pods that are at home at an address which is no node's are behind the same gateway. */
const maxPodsOfAddress = 2

/**
 * What is unusual about the place. An address that several nodes share, or pods of several nodes, is a gateway and says
 * nothing; nor does the address of the node that a pod runs on.
 */
export function judgePlace(sighting: Sighting): Judgement {
  const { holder, isFirst, isNewPlace, address, slot } = sighting
  const nodes = nodesAt(address, slot)
  const isAtHome = holder.node !== undefined && nodes.includes(holder.node)
  if (isAtHome && holder.kind === 'pod') return { words: [], others: [] }
  if (isGateway(address, slot) || (holder.kind === 'person' && isPeoples(address, slot)))
    return { words: isFirst ? ['first'] : [], others: [] }
  const words: CredentialPlace[] = []
  if (isFirst) words.push('first')
  const others = rivalsOf(sighting)
  if (others.length > 0) words.push('elsewhere')
  else if (isNewPlace && !isFirst && !isExplained(sighting)) words.push('new')
  if (holder.node !== undefined && nodes.length === 1 && !isAtHome) {
    if (others.length > 0 || isOfOneNode(sighting)) words.push('otherNode')
  }
  if (holder.kind === 'pod' && nodes.length === 0 && isOfOtherPod(sighting)) words.push('otherPod')
  return { words, others }
}

/** The nodes whose kubelets are at an address. */
export function nodesAt({ nodes }: AddressState, slot: number): readonly string[] {
  return nodes.filter((node) => isActive(node, slot)).map(({ name }) => name)
}

/** Longer than kubelets are silent, which renew their leases every ten seconds. */
const kubeletSilenceUs = 20_000_000

/** Whether an address has had one kubelet for so long that no other one is to be expected there. */
function isOfOneNode({ isProper, address, slot, atUs }: Sighting): boolean {
  // The first of many behind a gateway, perhaps.
  if (isProper) return false
  const node = address.nodes.find((other) => isActive(other, slot))
  return node !== undefined && atUs - node.sinceUs > kubeletSilenceUs
}

/** Whether many are behind an address that have nothing else in common. */
export function isGateway(address: AddressState, slot: number): boolean {
  const nodes = nodesAt(address, slot)
  if (nodes.length > 1) return true
  const pods = address.pods.filter((pod) => isActive(pod, slot))
  if (nodes.length === 0) return pods.length > maxPodsOfAddress
  const foreign = pods.filter(({ node }) => node !== '' && !nodes.includes(node))
  return new Set(foreign.map(({ node }) => node)).size > maxPodsOfAddress
}

/** Whether so many people work from an address that it is a VPN's or a bastion's. */
function isPeoples({ people }: AddressState, slot: number): boolean {
  return people.filter((person) => isActive(person, slot)).length > 2
}

/** A credential that is at work in more networks than these is shared by many, and has no place of its own. */
const maxRivalNetworks = 2

/** The places at which the holder is at work, and that say that this one is not its own. */
function rivalsOf(sighting: Sighting): readonly PlaceState[] {
  const { holder, place, slot } = sighting
  const rivals = holder.places.filter(
    (other) => other !== place && isActive(other, slot) && isRival(other, sighting),
  )
  if (rivals.every((rival) => isPassage(rival, sighting)) && !isSurelyOutside(sighting)) return []
  const isBound = holder.kind === 'pod' || holder.kind === 'node'
  const networks = new Set(rivals.map(({ ip }) => networkOf(ip)))
  return isBound || networks.size <= maxRivalNetworks ? rivals : []
}

function isRival(other: PlaceState, { holder: { kind }, place, isProper }: Sighting): boolean {
  if (other.visits.length === 0 || place.isTold === true) return false
  if (kind !== 'pod' && !areDistinct(other, place)) return false
  if ((other.isProper === true) !== isProper) return !isProper
  if (other.firstUs >= place.firstUs) return false
  // Replicas may share a token.
  if (kind === 'machine' && isProper) return false
  // People move, and do not come back within minutes.
  return kind !== 'person' || other.slot > slotOf(place.firstUs)
}

/** A place through which the holder is only seen: its node's, or a gateway's. There may be another way. */
function isPassage({ ip }: PlaceState, { holder, slot, addressAt }: Sighting): boolean {
  const address = addressAt(ip)
  if (address === undefined) return false
  const isOwnNodes =
    holder.kind === 'pod' &&
    holder.node !== undefined &&
    nodesAt(address, slot).includes(holder.node)
  return isOwnNodes || isGateway(address, slot)
}

/** A public address that has been known for so long that a gateway would have shown itself. */
function isSurelyOutside({ place, address, atUs }: Sighting): boolean {
  return addressClassOf(place.ip) === 'public' && atUs - address.sinceUs > gatewayUs
}

const gatewayUs = 60_000_000

function areDistinct(other: PlaceState, place: PlaceState): boolean {
  return areComparable(other.ip, place.ip) && networkOf(other.ip) !== networkOf(place.ip)
}

/** A new address that nothing follows from: it is the first proper one, or beside one that is known. */
function isExplained({ holder: { kind, places }, place, isProper }: Sighting): boolean {
  const others = places.filter((other) => other !== place)
  if (place.isTold === true) return true
  if (isProper && !others.some((other) => other.isProper === true)) return true
  return kind !== 'pod' && others.some((other) => !areDistinct(other, place))
}

function isOfOtherPod({ address, slot, name, place, isLivePod }: Sighting): boolean {
  if (place.isTold === true) return false
  return address.pods.some((pod) => pod.name !== name && isActive(pod, slot) && isLivePod(pod.name))
}
