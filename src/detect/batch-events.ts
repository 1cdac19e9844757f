import { BatchReader } from '../audit/batch-reader.ts'
import { decodeItem, toAuditEvent, toItemEvent } from '../audit/event.ts'
import { type ItemMembers, membersOf } from '../audit/item-members.ts'
import type { TextPool } from '../audit/text-pool.ts'
import type { AuditEvent, EventBatch } from '../contracts.ts'

/**
 * The events of a batch, of which only that is decoded which somebody asks for, and those apart that are no JSON: a splitter
 * takes none, but a store may be damaged.
 */
export class BatchEvents {
  readonly undecodable: { readonly item: number; readonly error: unknown }[] = []
  /** Events that were read, and are not undecodable. */
  count = 0
  readonly #batch: EventBatch
  readonly #timeField: string | undefined
  readonly #reader: BatchReader
  /** Of the event that was read last. */
  #item = 0
  #members: ItemMembers | undefined

  constructor(batch: EventBatch, timeField: string | undefined, texts: TextPool) {
    this.#batch = batch
    this.#timeField = timeField
    this.#reader = new BatchReader(batch, texts)
  }

  /** Undefined when it is undecodable. */
  read(item: number): AuditEvent | undefined {
    const { cluster, receivedAtMs } = this.#batch
    const context = { cluster, receivedAtMs, timeField: this.#timeField }
    this.#item = item
    this.#members = membersOf(this.#reader, item)
    this.count += 1
    if (this.#members !== undefined) return toItemEvent(this.#members, context)
    try {
      return toAuditEvent(decodeItem(this.#batch, item), context)
    } catch (error) {
      this.#leaveOut(error)
      return undefined
    }
  }

  /** Whether all that was asked of the event that was read last could be decoded. Called once, and behind the questions. */
  isSound(): boolean {
    const damage = this.#members?.damage
    if (damage === undefined) return true
    this.#leaveOut(damage)
    return false
  }

  #leaveOut(error: unknown): void {
    this.count -= 1
    this.undecodable.push({ item: this.#item, error })
  }
}
