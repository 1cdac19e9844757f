import { type AccessShapeKey, maxTextLength } from './access.ts'
import type { Weighted } from './kept-by-hash.ts'
import { SmallestTexts } from './smallest-texts.ts'
import { addTally, emptyTally, type Tally } from './tally.ts'

/** Names told apart in one namespace. */
export const maxNames = 64
/** Rows of one shape: its names in all namespaces, or else its namespaces. */
export const maxRows = 256
const maxReasons = 4
const maxSamples = 2
const maxHints = 8

/** What is told apart: names in namespaces; namespaces only; nothing. */
export const shapeDetails = ['names', 'namespaces', 'none'] as const
export type ShapeDetail = (typeof shapeDetails)[number]

export interface RowValue extends Tally {
  /** Null: all of them. */
  readonly namespace: string | null
  readonly name: string | null
  readonly created: number
  readonly samples: readonly Sample[]
  readonly reasons: readonly string[]
  readonly hints: readonly string[]
}

export interface ShapeValue {
  readonly key: AccessShapeKey
  readonly detail: ShapeDetail
  /** The only name there ever was; null = there were more, or none yet. */
  readonly onlyName: string | null
  readonly rows: readonly RowValue[]
}

/** A request by its audit id. */
export interface Sample {
  readonly timeUs: number
  readonly auditId: string
}

/** The count of one distinct request. */
export class Row {
  readonly tally = emptyTally()
  /** The earliest requests, in order of time. */
  #samples: Sample[] = []
  created = 0
  readonly reasons = new SmallestTexts(maxReasons)
  /** Few rows have any. */
  #hints: SmallestTexts | undefined

  get samples(): readonly Sample[] {
    return this.#samples
  }

  /** Whether a request of that time may be one of the samples. */
  isSample(timeUs: number): boolean {
    const samples = this.#samples
    return samples.length < maxSamples || timeUs <= samples[maxSamples - 1]!.timeUs
  }

  /** The events of one request have one id: its earliest one counts. */
  addSample(sample: Sample): void {
    const samples = this.#samples
    if (
      samples.some(({ auditId, timeUs }) => auditId === sample.auditId && timeUs <= sample.timeUs)
    )
      return
    this.#samples = [...samples.filter(({ auditId }) => auditId !== sample.auditId), sample]
      .sort(compareSamples)
      .slice(0, maxSamples)
  }

  get hints(): readonly string[] {
    return this.#hints?.texts ?? []
  }

  addHint(hint: string): void {
    this.#hints ??= new SmallestTexts(maxHints)
    this.#hints.add(hint)
  }

  merge(other: Row): void {
    addTally(this.tally, other.tally)
    this.created += other.created
    for (const sample of other.samples) this.addSample(sample)
    this.reasons.merge(other.reasons)
    for (const hint of other.hints) this.addHint(hint)
  }
}

/**
 * The rows of one shape. What is told apart depends on the set of its namespaces and names alone: more than `maxNames` names
 * in a namespace are one row; more than `maxRows` rows in all, and no names are told apart; more than `maxRows` namespaces,
 * and these neither. A name that is the only one everywhere is kept even then.
 */
export class AccessShape implements Weighted {
  readonly key: AccessShapeKey
  detail: ShapeDetail = 'names'
  /** How often rows that were handed out came to stand for nothing. */
  collapses = 0
  #namespaces = new Map<string, Map<string, Row> | Row>()
  /** Of detail `none`. */
  #all: Row | undefined
  #rows = 0
  /** Undefined = none yet; null = more than one. */
  #onlyName: string | null | undefined

  constructor(key: AccessShapeKey) {
    this.key = key
  }

  /** Never shrinks. */
  get weight(): number {
    return this.detail === 'names' ? Math.max(1, this.#rows) : maxRows
  }

  /** The row of a request. Rows handed out before may stand for nothing any more. */
  row(namespace: string, name: string): Row {
    this.#noteName(name.length > maxTextLength ? null : name)
    return this.#rowOf(namespace, name)
  }

  merge(other: AccessShape): void {
    if (other.#onlyName !== undefined) this.#noteName(other.#onlyName)
    if (other.detail !== 'names') this.#collapseTo(other.detail)
    for (const [namespace, names] of other.#namespaces) {
      if (names instanceof Row) {
        this.#collapseNames(namespace)
        this.#rowOf(namespace, '').merge(names)
      } else for (const [name, row] of names) this.#rowOf(namespace, name).merge(row)
    }
    if (other.#all !== undefined) this.#rowOf('', '').merge(other.#all)
  }

  toValue(): ShapeValue {
    const rows: RowValue[] = []
    const onlyName = this.#onlyName ?? null
    if (this.#all !== undefined) rows.push(rowValue(null, onlyName, this.#all))
    for (const [namespace, names] of byKey(this.#namespaces)) {
      if (names instanceof Row) rows.push(rowValue(namespace, onlyName, names))
      else for (const [name, row] of byKey(names)) rows.push(rowValue(namespace, name, row))
    }
    return { key: this.key, detail: this.detail, onlyName, rows }
  }

  static fromValue({ key, detail, onlyName, rows }: ShapeValue): AccessShape {
    const shape = new AccessShape(key)
    shape.#onlyName = onlyName
    if (detail !== 'names') shape.#collapseTo(detail)
    for (const value of rows) {
      const { namespace, name } = value
      if (namespace !== null && name === null) shape.#collapseNames(namespace)
      shape.#rowOf(namespace ?? '', detail === 'names' ? (name ?? '') : '').merge(rowOf(value))
    }
    return shape
  }

  #rowOf(namespace: string, name: string): Row {
    if (this.#all !== undefined) return this.#all
    const names = this.#namespaces.get(namespace)
    if (names instanceof Row) return names
    return names?.get(name) ?? this.#addRow(namespace, name, names)
  }

  #noteName(name: string | null): void {
    if (this.#onlyName === undefined) this.#onlyName = name
    else if (this.#onlyName !== name) this.#onlyName = null
  }

  #addRow(namespace: string, name: string, names: Map<string, Row> | undefined): Row {
    if (this.detail === 'namespaces') {
      this.#namespaces.set(namespace, new Row())
      this.#rows += 1
      if (this.#rows > maxRows) this.#collapseTo('none')
    } else if (name.length > maxTextLength || (names?.size ?? 0) >= maxNames) {
      this.#collapseNames(namespace)
    } else {
      const row = new Row()
      if (names === undefined) this.#namespaces.set(namespace, new Map([[name, row]]))
      else names.set(name, row)
      this.#rows += 1
    }
    if (this.detail === 'names' && this.#rows > maxRows) this.#collapseTo('namespaces')
    return this.#rowOf(namespace, name)
  }

  /** Makes one row of a namespace's names. It weighs as much as all the names that it may stand for. */
  #collapseNames(namespace: string): void {
    if (this.#all !== undefined) return
    const names = this.#namespaces.get(namespace)
    if (names instanceof Row) return
    if (this.detail === 'namespaces') {
      this.#rowOf(namespace, '')
      return
    }
    this.#namespaces.set(namespace, mergedRow(names?.values() ?? []))
    this.collapses += 1
    this.#rows += maxNames - (names?.size ?? 0)
    if (this.#rows > maxRows) this.#collapseTo('namespaces')
  }

  #collapseTo(detail: Exclude<ShapeDetail, 'names'>): void {
    this.collapses += 1
    if (this.detail === 'names') {
      this.detail = 'namespaces'
      for (const [namespace, names] of this.#namespaces) {
        if (!(names instanceof Row)) this.#namespaces.set(namespace, mergedRow(names.values()))
      }
      this.#rows = this.#namespaces.size
    }
    if (this.#all !== undefined || (detail === 'namespaces' && this.#rows <= maxRows)) return
    this.detail = 'none'
    this.#all = mergedRow([...this.#namespaces.values()].filter((names) => names instanceof Row))
    this.#namespaces.clear()
  }
}

function mergedRow(rows: Iterable<Row>): Row {
  const all = new Row()
  for (const row of rows) all.merge(row)
  return all
}

function byKey<Value>(map: ReadonlyMap<string, Value>): [string, Value][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1))
}

function rowValue(namespace: string | null, name: string | null, row: Row): RowValue {
  const { tally, created, samples, reasons, hints } = row
  return {
    namespace,
    name,
    ...tally,
    created,
    samples: [...samples],
    reasons: reasons.texts,
    hints,
  }
}

function rowOf(value: RowValue): Row {
  const row = new Row()
  addTally(row.tally, value)
  row.created = value.created
  for (const sample of value.samples) row.addSample(sample)
  for (const reason of value.reasons) row.reasons.add(reason)
  for (const hint of value.hints) row.addHint(hint)
  return row
}

function compareSamples(a: Sample, b: Sample): number {
  if (a.timeUs !== b.timeUs) return a.timeUs - b.timeUs
  return a.auditId < b.auditId ? -1 : a.auditId > b.auditId ? 1 : 0
}
