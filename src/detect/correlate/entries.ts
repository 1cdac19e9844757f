import type { EventIdentity } from '../../audit/identity.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { grown, nextCapacity } from './columns.ts'
import type { EventReference } from './correlator.ts'
import { type Carried, type Extra, extraFromText, extraToText, sizeOfExtra } from './extra.ts'
import { Identities } from './identities.ts'
import type { KnownIds } from './known-ids.ts'
import type { Observation } from './observation.ts'
import type { ValueWords, ValueWriter } from './value-writer.ts'

/** Which columns a rule needs. */
export interface EntryShape {
  /** Which of the referenced rules were observed. */
  readonly hasSteps: boolean
  readonly values: 'none' | 'texts' | 'numbers'
}

const isTold = 1
const hasExtra = 2
const hasUuid = 4
/** Stages of Kubernetes in their order; another stands beside the columns. */
const stages = ['', 'RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic']

const mostReferences = 256

/** The observations of one rule, as numbers of rows in columns: some 50 bytes each. What is rare stands beside the columns. */
export class Entries {
  count = 0
  timesUs = new Float64Array(0)
  /**
   * Of an entry of a small group the next one; of a large one the record that it is saved in; of a row that is free the
   * next that is free, + 1.
   */
  next: Uint32Array = new Uint32Array(0)
  steps: Uint32Array = new Uint32Array(0)
  numbers = new Float64Array(0)
  /** Two words for each entry: of its value. */
  values: Uint32Array = new Uint32Array(0)
  /** No entry has had more texts. */
  mostTexts = 1
  readonly identities: Identities
  #stages: Uint8Array = new Uint8Array(0)
  #flags: Uint8Array = new Uint8Array(0)
  #firstFree = 0
  #used = 0
  #extraBytes = 0
  readonly #extras = new Map<number, Extra>()
  readonly #references: EventReference[] = []
  /** The row of each, + 1. */
  readonly #referenceRows = new Uint32Array(mostReferences)
  readonly #shape: EntryShape
  readonly #writer: ValueWriter
  readonly rowBytes: number
  /** What the content of a window takes for each of its entries, about. */
  readonly contentBytes: number

  constructor(shape: EntryShape, writer: ValueWriter, ids: KnownIds) {
    this.#shape = shape
    this.#writer = writer
    this.identities = new Identities(ids)
    this.rowBytes = 46 + (shape.hasSteps ? 4 : 0) + (shape.values === 'none' ? 0 : 8)
    this.contentBytes = { none: 0, texts: 24, numbers: 12 }[shape.values]
    this.#grow()
  }

  get bytes(): number {
    return this.count * this.rowBytes + this.#extraBytes
  }

  add(observation: Observation, steps: number, carried: Carried | undefined): number {
    const { stage, identity } = observation
    const { words, isUuid } = identity
    const row = this.#newRow()
    this.timesUs[row] = observation.timeUs
    if (this.#shape.hasSteps) this.steps[row] = steps
    this.identities.set(row, words)
    if (isUuid) this.#flags[row] = hasUuid
    const number = stages.indexOf(stage)
    this.#stages[row] = Math.max(0, number)
    if (!isUuid && observation.auditID !== '') this.#setExtra(row, { auditID: observation.auditID })
    if (number < 0) this.#setExtra(row, { stage })
    if (carried !== undefined) this.#setExtra(row, { carried })
    return row
  }

  remove(row: number): void {
    if ((this.#flags[row]! & hasExtra) !== 0) this.#dropExtra(row)
    this.#flags[row] = 0
    this.next[row] = this.#firstFree
    this.#firstFree = row + 1
    this.count -= 1
  }

  setTexts(row: number, texts: readonly string[]): void {
    this.#setWords(
      row,
      texts.map((text) => this.#writer.words(text)),
    )
  }

  setNumbers(row: number, numbers: readonly number[]): void {
    this.numbers[row] = numbers[0]!
    if (numbers.length > 1) this.#setExtra(row, { numbers })
  }

  /** All words of values, two for each; undefined when there is one value, which then stands in the column. */
  manyWords(row: number): readonly number[] | undefined {
    return this.#extraOf(row)?.words
  }

  manyNumbers(row: number): readonly number[] | undefined {
    return this.#extraOf(row)?.numbers
  }

  carried(row: number): Carried | undefined {
    return this.#extraOf(row)?.carried
  }

  /** What was observed; `steps` has only what counts. */
  matchedSteps(row: number): number {
    return this.#extraOf(row)?.matched ?? (this.#shape.hasSteps ? this.steps[row]! : 1)
  }

  /** Of what was observed, these steps count. */
  setSteps(row: number, matched: number, counted: number): void {
    if (this.#shape.hasSteps) this.steps[row] = counted
    if (matched !== this.matchedSteps(row)) this.#setExtra(row, { matched })
  }

  addTexts(row: number, texts: readonly string[]): boolean {
    const known = this.#words(row)
    const isKnown = ([high, low]: ValueWords) => known.some(([h, l]) => h === high && l === low)
    const added = texts.map((text) => this.#writer.words(text)).filter((words) => !isKnown(words))
    if (added.length > 0) this.#setWords(row, [...known, ...added])
    return added.length > 0
  }

  isTold(row: number): boolean {
    return (this.#flags[row]! & isTold) !== 0
  }

  setTold(row: number): void {
    this.#flags[row]! |= isTold
  }

  /** Below zero when the first comes before the second: by time, then stage; of others the order means nothing. */
  compare(row: number, other: number): number {
    const byTime = this.timesUs[row]! - this.timesUs[other]!
    if (byTime !== 0) return byTime
    const byStage = this.#stages[row]! - this.#stages[other]!
    return byStage === 0 ? this.identities.compare(row, other) : byStage
  }

  identity(row: number): EventIdentity {
    return this.identities.identity(row, (this.#flags[row]! & hasUuid) !== 0)
  }

  /** Windows that overlap name the same events, so those that were asked for last are known. */
  reference(row: number): EventReference {
    const slot = row % mostReferences
    if (this.#referenceRows[slot] !== row + 1) {
      this.#references[slot] = this.#newReference(row)
      this.#referenceRows[slot] = row + 1
    }
    return this.#references[slot]!
  }

  #newReference(row: number): EventReference {
    const extra = this.#extraOf(row)
    const { id, auditID } = this.identities.ids(row)
    return {
      id,
      auditID: extra?.auditID ?? ((this.#flags[row]! & hasUuid) === 0 ? '' : auditID),
      stage: extra?.stage ?? stages[this.#stages[row]!]!,
      timeUs: this.timesUs[row]!,
    }
  }

  write(row: number, writer: ByteWriter): void {
    const { hasSteps, values } = this.#shape
    writer.f64(this.timesUs[row]!)
    this.identities.write(row, writer)
    writer.u8(this.#stages[row]!)
    writer.u8(this.#flags[row]!)
    if (hasSteps) writer.u32(this.steps[row]!)
    if (values === 'numbers') writer.f64(this.numbers[row]!)
    if (values === 'texts') writer.words(this.values, row * 2, 2)
    writer.text(extraToText(this.#extraOf(row)))
  }

  read(reader: ByteReader): number {
    const { hasSteps, values } = this.#shape
    const row = this.#newRow()
    this.timesUs[row] = reader.f64()
    this.identities.read(row, reader)
    this.#stages[row] = reader.u8()
    this.#flags[row] = reader.u8() & ~hasExtra
    if (hasSteps) this.steps[row] = reader.u32()
    if (values === 'numbers') this.numbers[row] = reader.f64()
    if (values === 'texts') reader.words(this.values, row * 2, 2)
    const extra = extraFromText(reader.text())
    if (extra !== undefined) this.#setExtra(row, extra)
    this.mostTexts = Math.max(this.mostTexts, (extra?.words?.length ?? 0) / 2)
    return row
  }

  #newRow(): number {
    this.count += 1
    if (this.#firstFree !== 0) {
      const row = this.#firstFree - 1
      if (this.#referenceRows[row % mostReferences] === row + 1)
        this.#referenceRows[row % mostReferences] = 0
      this.#firstFree = this.next[row]!
      return row
    }
    const row = this.#used++
    if (row >= this.timesUs.length) this.#grow()
    return row
  }

  #words(row: number): ValueWords[] {
    const words = this.manyWords(row) ?? this.values.subarray(row * 2, row * 2 + 2)
    return Array.from({ length: words.length / 2 }, (_, i) => [words[i * 2]!, words[i * 2 + 1]!])
  }

  #setWords(row: number, words: readonly ValueWords[]): void {
    this.values[row * 2] = words[0]![0]
    this.values[row * 2 + 1] = words[0]![1]
    if (words.length > 1) this.#setExtra(row, { words: words.flat() })
    this.mostTexts = Math.max(this.mostTexts, words.length)
  }

  #extraOf(row: number): Extra | undefined {
    return (this.#flags[row]! & hasExtra) === 0 ? undefined : this.#extras.get(row)
  }

  #setExtra(row: number, extra: Extra): void {
    const before = this.#extraOf(row)
    const after = { ...before, ...extra }
    this.#extraBytes += sizeOfExtra(after) - (before === undefined ? 0 : sizeOfExtra(before))
    this.#flags[row]! |= hasExtra
    this.#extras.set(row, after)
  }

  #dropExtra(row: number): void {
    this.#extraBytes -= sizeOfExtra(this.#extras.get(row)!)
    this.#extras.delete(row)
  }

  #grow(): void {
    const { hasSteps, values } = this.#shape
    const rows = nextCapacity(this.timesUs.length)
    this.timesUs = grown(this.timesUs, rows)
    this.next = grown(this.next, rows)
    if (hasSteps) this.steps = grown(this.steps, rows)
    if (values === 'numbers') this.numbers = grown(this.numbers, rows)
    if (values === 'texts') this.values = grown(this.values, rows * 2)
    this.identities.grow(rows)
    this.#stages = grown(this.#stages, rows)
    this.#flags = grown(this.#flags, rows)
  }
}
