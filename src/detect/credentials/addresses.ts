import type { Use } from './holders.ts'
import type { Identity } from './identity.ts'
import { isGateway, isProperClient, kubeletAgent, nodesAt } from './place.ts'
import { touch } from './recent.ts'
import { type AddressState, isActive } from './state.ts'

const atMost = { nodes: 3, pods: 8, people: 4, holders: 8, accounts: 32 }

export function newAddress({ slot, atUs }: Pick<Use, 'slot' | 'atUs'>): AddressState {
  return { slot, sinceUs: atUs, nodes: [], pods: [], people: [], holders: [], accounts: [] }
}

/** What a use of a credential says of the address. `isTrusted`: nothing speaks against that its holder is there. */
export function noteAt(
  address: AddressState,
  identity: Identity,
  use: Pick<Use, 'agent' | 'slot' | 'atUs'> & { readonly isTrusted: boolean },
): void {
  const { agent, slot, atUs, isTrusted } = use
  const { holder, kind, node = '', account, serviceAccount } = identity
  address.slot = Math.max(address.slot, slot)
  touch(
    address.holders,
    ({ name }) => name === holder,
    () => ({ name: holder, slot }),
    { slot, atMost: atMost.holders },
  )
  if (kind === 'person')
    touch(
      address.people,
      ({ name }) => name === account,
      () => ({ name: account, slot }),
      { slot, atMost: atMost.people },
    )
  if (isTrusted && kind === 'node' && agent === kubeletAgent)
    touch(
      address.nodes,
      ({ name }) => name === node,
      () => ({ name: node, sinceUs: atUs, slot }),
      { slot, atMost: atMost.nodes },
    )
  if (isTrusted && kind === 'pod' && isProperClient(kind, agent))
    notePod(address, holder, node, slot)
  if (serviceAccount !== undefined && isStranger(address, identity, use)) {
    touch(
      address.accounts,
      (other) => other.name === account && other.agent === agent,
      () => ({ name: account, agent, slot }),
      { slot, atMost: atMost.accounts },
    )
  }
}

export function notePod(address: AddressState, holder: string, node: string, slot: number): void {
  touch(
    address.pods,
    ({ name }) => name === holder,
    () => ({ name: holder, node, slot }),
    { slot, atMost: atMost.pods },
  )
}

/** How many service accounts were used at the address with that client lately. */
export function accountsWith(address: AddressState, agent: string, slot: number): number {
  return address.accounts.filter((account) => account.agent === agent && isActive(account, slot))
    .length
}

/** Whether a service account has no business at an address: it is not its node's, no gateway's, and it is no controller's. */
function isStranger(
  address: AddressState,
  { node, serviceAccount = '', kind }: Identity,
  { agent, slot }: { readonly agent: string; readonly slot: number },
): boolean {
  const isController = managers.has(agent) && serviceAccount.startsWith('kube-system/')
  if (kind === 'machine' && isController) return false
  const nodes = nodesAt(address, slot)
  if (isGateway(address, slot)) return false
  return node === undefined ? nodes.length === 0 : !nodes.includes(node)
}

/** They use an account for each controller, all from one address. */
const managers = new Set(['kube-controller-manager', 'cloud-controller-manager'])
