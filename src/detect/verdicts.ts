import type { BatchReader } from '../audit/batch-reader.ts'
import { isMomentaryField } from '../audit/derived/table.ts'
import { LikeItems } from '../audit/like-items.ts'
import type { EventRule, Expr } from '../contracts.ts'
import type { BatchEvents } from './batch-events.ts'
import { fieldsRead } from './fields-read.ts'

/**
 * Which rules were true of events that recur: of ordinary traffic most do, all but for when they were. Rules that read such fields, or every
 * value, are evaluated each time, and so is all else where they are candidates.
 */
export class Verdicts {
  readonly #isMomentary: readonly boolean[]
  readonly #known = new LikeItems<readonly number[]>()

  /** `rules` in the order of their numbers. */
  constructor(rules: readonly EventRule[]) {
    this.#isMomentary = rules.map(({ condition }) => isMomentary(condition))
  }

  /** Of the candidates those that are true of an item of which nothing is remembered; undefined when that is not known. */
  find(
    reader: BatchReader,
    cluster: string,
    item: number,
    candidates: readonly number[],
  ): readonly number[] | undefined {
    if (this.#isAnyMomentary(candidates)) return undefined
    return this.#known.find(reader, cluster, item) ? this.#known.answer : undefined
  }

  /** Of the item that was looked for last, and not found; its event was read. */
  keep(
    { reader, members }: BatchEvents,
    cluster: string,
    item: number,
    candidates: readonly number[],
    verdict: readonly number[],
  ): void {
    if (members === undefined || this.#isAnyMomentary(candidates)) return
    this.#known.keep(reader, cluster, item, members, verdict)
  }

  #isAnyMomentary(rules: readonly number[]): boolean {
    for (const rule of rules) if (this.#isMomentary[rule] === true) return true
    return false
  }
}

function isMomentary(condition: Expr): boolean {
  return hasKeyword(condition) || fieldsRead(condition).some(isMomentaryField)
}

function hasKeyword(expr: Expr): boolean {
  switch (expr.kind) {
    case 'and':
    case 'or':
      return expr.items.some(hasKeyword)
    case 'not':
    case 'elements':
      return hasKeyword(expr.item)
    case 'keyword':
      return true
    case 'field':
    case 'fieldPair':
      return false
    default:
      return expr satisfies never
  }
}
