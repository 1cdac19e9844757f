import type { CredentialPlace, CredentialStory } from '../../contracts.ts'
import type { Use } from './holders.ts'
import { networkOf } from './network.ts'
import { isGateway } from './place.ts'
import type { AddressState, HolderState, IssuedState, PlaceState } from './state.ts'

/** What one use of a credential was found to be. */
export interface Findings {
  readonly holder: HolderState
  readonly address: AddressState
  readonly use: Use
  readonly place: {
    readonly words: readonly CredentialPlace[]
    readonly others: readonly PlaceState[]
  }
  /** Not empty when the client is new. */
  readonly otherClients: readonly string[]
  readonly issued: IssuedState | undefined
  readonly accounts: number
}

/** Undefined when there is nothing out of the ordinary. */
export function tellStory(findings: Findings): CredentialStory | undefined {
  const { holder, use, place, otherClients, accounts } = findings
  const { goneUs } = holder
  const story: CredentialStory = {
    ...(place.words.length > 0 && { place: place.words }),
    ...elsewhereOf(place.others, use),
    ...(otherClients.length > 0 && { otherClients }),
    ...issueOf(findings),
    ...(goneUs !== undefined && goneUs < use.atUs && afterEnd(holder, goneUs, use.atUs)),
    ...(accounts > 1 && { accountsAtAddress: accounts }),
  }
  return Object.keys(story).length === 0 ? undefined : story
}

/** That something is gone. */
export function afterEnd(
  { goneBecause = 'pod' }: HolderState,
  endUs: number,
  atUs: number,
): CredentialStory {
  return { goneBecause, secondsAfterDeletion: (atUs - endUs) / 1_000_000 }
}

function elsewhereOf(others: readonly PlaceState[], { ip }: Use): CredentialStory {
  if (others.length === 0) return {}
  const otherAddresses = others.map((other) => other.ip)
  const networks = new Set([ip, ...otherAddresses].map(networkOf)).size
  return { otherAddresses, ...(networks > 1 && { networks }) }
}

function issueOf({ issued, use, address }: Findings): CredentialStory {
  if (issued === undefined) return {}
  const isAwayFromIssuer =
    networkOf(issued.ip) !== networkOf(use.ip) && !isGateway(address, use.slot)
  return { issuedBy: issued.by, ...(isAwayFromIssuer && { isAwayFromIssuer }) }
}
