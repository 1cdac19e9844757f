import type { CredentialEnd, CredentialStory } from '../../contracts.ts'
import type { Dated } from '../remembered.ts'
import type { HolderKind } from './identity.ts'

/** Event time is told in slots: what recurs in the same slot is told the same, so that it need not be looked at again. */
export const slotUs = 300_000_000

export function slotOf(timeUs: number): number {
  return Math.floor(timeUs / slotUs)
}

/** Between ten and fifteen minutes: what was of use in these slots counts as being so at the same time. */
export const activeSlots = 2

export function isActive({ slot }: Dated, now: number): boolean {
  return Math.abs(now - slot) <= activeSlots
}

/** What is known of a holder of credentials. */
export interface HolderState extends Dated {
  readonly kind: HolderKind
  serviceAccount?: string
  readonly pod?: string
  readonly secret?: string
  readonly node?: string
  readonly firstUs: number
  /** Products of user agents, the oldest first. */
  agents: string[]
  places: PlaceState[]
  /** Its deletion was asked for. */
  deletedUs?: number
  /** It is no more: an accepted request cannot come from it. */
  goneUs?: number
  goneBecause?: CredentialEnd
}

/** One address of a holder. */
export interface PlaceState extends Dated {
  readonly ip: string
  readonly firstUs: number
  /** Its kubelet says that the pod is there. */
  isTold?: true
  /** The client that the holder is was seen there: a kubelet, or for others a program that has a name of its own. */
  isProper?: true
  visits: VisitState[]
}

/** A client at a place: what is told of it in its slot. */
export interface VisitState extends Dated {
  readonly agent: string
  story?: CredentialStory
  /** Its hash in the column of clients; 0 when unknown. */
  client: number
}

/** What is known of an address. */
export interface AddressState extends Dated {
  readonly sinceUs: number
  people: NamedSlot[]
  /** Whose kubelets are there. */
  nodes: NodeSlot[]
  /** Holders that are pods, with the node of each, as far as nothing speaks against that they are there. */
  pods: PodSlot[]
  /** Whoever was seen there. */
  holders: NamedSlot[]
  accounts: AccountSlot[]
}

export interface NamedSlot extends Dated {
  readonly name: string
}

export interface NodeSlot extends NamedSlot {
  readonly sinceUs: number
}

export interface PodSlot extends NamedSlot {
  readonly node: string
}

export interface AccountSlot extends NamedSlot {
  readonly agent: string
}

/** A token that somebody requested who is neither its account nor a provider of tokens. */
export interface IssuedState extends Dated {
  readonly by: string
  readonly ip: string
}
