import {
  annotationKeys,
  eventKeys,
  extraKeys,
  itemParts,
  type KeyRole,
  type KeyTable,
  recurring,
  userRole,
} from './item-keys.ts'
import { everyPredicate, predicatesOn } from './known-predicates.ts'
import { longAgentBytes, longUriBytes, oversizedBit } from './oversized.ts'
import { auditIdBit, auditIdForm, auditIdMask } from './predicate-bytes.ts'
import { predicatesOnRecurring } from './predicate-notes.ts'

/** What the scanner does with the value of a key, by the numbers that `assembly/item.ts` has for it. */
const roleNumbers = {
  skip: 0,
  annotation: 1,
  recurring: 2,
  text: 3,
  auditId: 4,
  username: 5,
  groups: 6,
  column: 7,
  present: 8,
  doubtful: 9,
  object: 10,
  annotations: 11,
  time: 12,
  body: 13,
  uri: 14,
  kind: 15,
} as const satisfies Readonly<Record<KeyRole['kind'], number>>

/** As in `assembly/keys.ts`. */
const tableHeadCells = 2
const recordCells = 10

/** Where the two things stand that a scan begins with. */
export interface TablePlaces {
  readonly events: number
  readonly user: number
}

/** Lays out the tables of keys from an address on. */
export function writeTables(memory: ArrayBuffer, start: number): TablePlaces {
  const writer = new TableWriter(memory, start)
  return { events: writer.table(eventKeys), user: writer.key(undefined, userRole, -1) }
}

class TableWriter {
  readonly #bytes: Uint8Array
  readonly #cells: Int32Array
  #next: number
  readonly #known = new Map<KeyTable, number>()

  constructor(memory: ArrayBuffer, start: number) {
    this.#bytes = new Uint8Array(memory)
    this.#cells = new Int32Array(memory)
    this.#next = start
  }

  table(table: KeyTable): number {
    const known = this.#known.get(table)
    if (known !== undefined) return known
    const { keys } = table
    const start = this.#take(4 * (tableHeadCells + recordCells * keys.length))
    this.#known.set(table, start)
    this.#cells.set([keys.length, othersOf(table)], start / 4)
    for (const [number, { name, role, part }] of keys.entries())
      this.#record(start + 4 * (tableHeadCells + recordCells * number), name, role, part)
    return start
  }

  key(name: string | undefined, role: KeyRole, part: number): number {
    const start = this.#take(4 * recordCells)
    this.#record(start, name ?? '', role, part)
    return start
  }

  #record(start: number, name: string, role: KeyRole, part: number): void {
    const token = Buffer.from(`"${name}":`, 'latin1')
    const tokenStart = this.#take(token.length)
    this.#bytes.set(token, tokenStart)
    const firstWord = token.length < 4 ? 0 : token.readInt32LE(0)
    const cells = [firstWord, token.length, tokenStart, roleNumbers[role.kind], part]
    this.#cells.set([...cells, ...this.#arguments(role)], start / 4)
  }

  #arguments(role: KeyRole): readonly number[] {
    switch (role.kind) {
      case 'annotation':
        return [role.bit, role.isReason ? 1 : 0]
      case 'recurring':
        return [role.which]
      case 'text':
        return [role.text]
      case 'column':
        return [role.column]
      case 'present':
      case 'doubtful':
      case 'body':
        return [role.predicates]
      case 'object':
        return [this.table(role.keys), bitsAt(role.columns), bitsAt(role.texts), role.predicates]
      case 'annotations':
        return [this.table(annotationKeys)]
      case 'skip':
      case 'auditId':
      case 'username':
      case 'groups':
      case 'time':
      case 'uri':
      case 'kind':
        return []
      default:
        return role satisfies never
    }
  }

  /** Whole words. */
  #take(bytes: number): number {
    const start = this.#next
    this.#next += 4 * Math.ceil(bytes / 4)
    return start
  }
}

/** What keys are that the table does not have. */
function othersOf(table: KeyTable): number {
  if (table === annotationKeys) return 1
  return table === extraKeys ? 2 : 0
}

function bitsAt(places: readonly number[]): number {
  return places.reduce((bits, place) => bits | (1 << place), 0)
}

/** Lays out what the scanner has to know besides, as in `assembly/layout.ts`. */
export function writeConfiguration(memory: ArrayBuffer, start: number): void {
  const reasonBits = predicatesOn('annotations.authorization.k8s.io/reason')
  const numbers = [
    auditIdBit,
    oversizedBit,
    reasonBits,
    everyPredicate,
    longUriBytes,
    longAgentBytes,
  ]
  const onRecurring = Object.values(recurring).map((which) => predicatesOnRecurring[which])
  new Int32Array(memory).set([...numbers, ...onRecurring], start / 4)
  const bytes = new Uint8Array(memory)
  bytes.set(auditIdForm, start + 64)
  bytes.set(auditIdMask, start + 128)
}

/** How many parts of an item there are, which the scanner has to agree on. */
export const partCount = itemParts.length
