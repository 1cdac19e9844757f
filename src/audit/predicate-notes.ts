import { type Recurring, recurring } from './item-keys.ts'
import { stringEnd } from './json-scan.ts'
import { predicatesOn, predicatesUnder } from './known-predicates.ts'
import {
  type Beginnings,
  beginningBits,
  beginningsOn,
  networkBits,
  reasonBits,
  UNDECIDED,
} from './predicate-bytes.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const OPENING = 0x5b
const CLOSING = 0x5d

const onUsername = predicatesOn('user.username')
const onGroups = predicatesOn('user.groups')
const onUserAgent = predicatesOn('userAgent')
const onPeerIp = predicatesOn('peerIp')
const onClaimedIps = predicatesOn('claimedIps')
const onReason = predicatesOn('annotations.authorization.k8s.io/reason')

const usernames = beginningsOn('user.username', 'startswith')
const groups = beginningsOn('user.groups', 'equals')
const userAgents = beginningsOn('userAgent', 'startswith')

/** By `recurring`: the predicates on the value, or on what is in it. */
export const predicatesOnRecurring = [
  predicatesUnder('user'),
  onPeerIp | onClaimedIps,
  onUserAgent,
  onReason,
] as const

/**
 * What a value says of the predicates on it. What is never noted is false: an absent field passes no comparison. A value in another
 * form than apiservers write decides nothing.
 */
export class PredicateNotes {
  /** Since the last call of `clear`: the bits of those that hold, and of those that the bytes do not decide. */
  holding = 0
  doubtful = 0

  clear(): void {
    this.holding = 0
    this.doubtful = 0
  }

  /** Looks at a valid value, as do those below. `stop` is where the bytes end. */
  look(view: DataView, start: number, end: number, stop: number, which: Recurring): void {
    if (which === recurring.sourceIPs) this.#addresses(view, start, end)
    else if (which === recurring.userAgent) this.#text(view, start, stop, userAgents, onUserAgent)
    else this.#reason(view, start, end)
  }

  username(view: DataView, start: number, stop: number): void {
    this.#text(view, start, stop, usernames, onUsername)
  }

  groups(view: DataView, start: number, stop: number): void {
    let next = view.getUint8(start)
    let i = start
    if (next === OPENING) next = COMMA
    while (next === COMMA && view.getUint8(++i) === QUOTE) {
      this.#decide(beginningBits(view, i + 1, stop, groups), onGroups)
      i = stringEnd(view, i + 1, stop) + 1
      next = view.getUint8(i)
    }
    if (next !== CLOSING) this.doubtful |= onGroups
  }

  #text(view: DataView, i: number, stop: number, beginnings: Beginnings, mask: number): void {
    this.#decide(
      view.getUint8(i) === QUOTE ? beginningBits(view, i + 1, stop, beginnings) : -1,
      mask,
    )
  }

  /** All of them texts, of which none is empty. */
  #addresses(view: DataView, start: number, stop: number): void {
    let next = view.getUint8(start)
    let i = start
    if (next === OPENING) next = COMMA
    for (let count = 1; next === COMMA && view.getUint8(++i) === QUOTE; count++) {
      const end = stringEnd(view, i + 1, stop)
      next = view.getUint8(end + 1)
      if (end === i + 1) break
      if (next === CLOSING) {
        if (count > 1) this.holding |= onClaimedIps
        this.#decide(networkBits(view, i + 1, end), onPeerIp)
        return
      }
      i = end + 1
    }
    this.doubtful |= onPeerIp | onClaimedIps
  }

  #reason(view: DataView, start: number, end: number): void {
    const isText = view.getUint8(start) === QUOTE
    this.#decide(isText ? reasonBits(view, start + 1, end - 1) : UNDECIDED, onReason)
  }

  #decide(bits: number, mask: number): void {
    if (bits === UNDECIDED) this.doubtful |= mask
    else this.holding |= bits
  }
}
