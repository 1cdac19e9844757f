import type { EventBatch } from '../contracts.ts'
import { ABSENT, foldedHash, UNKNOWN } from '../util/hash.ts'
import { hasRule, type RuleBits, removeRule, rulesWhere } from './rule-bits.ts'

/** Takes out of the numbers of rules those that leave an item's user alone. */
export type UserFilter = (item: number, rules: number[]) => void

interface KnownUser {
  readonly name: Uint8Array
  /** The rules that are not about others only. */
  readonly kept: RuleBits
}

/** As JSON writes them, and no otherwise without an escape. */
const plainName = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/

/**
 * Names are told by their hash and compared byte by byte: a name with the same hash must not hide what its user does.
 * `others` is, for each rule, the users on whom it is never true.
 */
export function createUserFilter(
  others: readonly ReadonlySet<string>[],
): (batch: EventBatch) => UserFilter {
  const everyRule = rulesWhere(others, () => true)
  const known = new Map(
    [...rulesByName(others)].map(([name, rules]): [number, KnownUser] => [
      foldedHash(name) | 0,
      { name: Buffer.from(name), kept: rules.reduce(removeRule, everyRule.slice()) },
    ]),
  )
  return ({ bytes, index }) => {
    const hashes = index.columns['user.username']
    const places = index.texts['user.username']
    return (item, rules) => {
      const user = known.get(hashes[item]! | 0)
      const place = places[item]!
      if (user === undefined || place === ABSENT || place === UNKNOWN) return
      const start = index.starts[item]! + (place >>> 16)
      if (!isName(bytes, start, place & 0xffff, user.name)) return
      let count = 0
      for (const rule of rules) if (hasRule(user.kept, rule)) rules[count++] = rule
      rules.length = count
    }
  }
}

/** The rules that leave each user alone, of the users whose names are plain. */
function rulesByName(others: readonly ReadonlySet<string>[]): ReadonlyMap<string, number[]> {
  const byName = new Map<string, number[]>()
  for (const [rule, names] of others.entries()) {
    for (const name of names) {
      const rules = byName.get(name)
      if (rules !== undefined) rules.push(rule)
      else if (plainName.test(name)) byName.set(name, [rule])
    }
  }
  return byName
}

/** Whether the bytes are the name, which is folded. */
function isName(bytes: Uint8Array, start: number, length: number, name: Uint8Array): boolean {
  if (length !== name.length) return false
  for (let i = 0; i < length; i++) {
    let byte = bytes[start + i]!
    if (byte >= 0x41 && byte <= 0x5a) byte |= 0x20
    if (byte !== name[i]) return false
  }
  return true
}
