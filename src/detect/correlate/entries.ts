import type { EventReference } from './correlator.ts'
import type { Observation } from './observation.ts'
import { hashedWords, hexOf, hexWord, type Words, wordsOf } from './words.ts'

/** Which columns a rule needs. */
export interface EntryShape {
  /** Which of the referenced rules were observed. */
  readonly hasSteps: boolean
  /** Of the entries of a request not all take part. */
  readonly hasRepeats: boolean
  readonly values: 'none' | 'texts' | 'numbers'
}

/** What an entry has that does not fit its columns. */
interface Extra {
  id?: string
  auditID?: string
  stage?: string
  /** All values, when there are several. */
  words?: Uint32Array
  numbers?: readonly number[]
  /** What correlations over this one read of the event. */
  carried?: Carried
}

/** Values by path of an event that is no longer there. */
export type Carried = ReadonlyMap<string, readonly unknown[]>

/** 64 bits of a value. */
type ValueWords = readonly [high: number, low: number]

const isTold = 1
const hasExtra = 2
const isUuid = 4
const isRepeat = 8

const allSteps = 0xffffffff

/**
 * The observations of one rule, as numbers of rows in columns: some 50 bytes each. What is rare stands beside the columns.
 * The words of ids are compared and sorted as the ids would be.
 */
export class Entries {
  timesUs: Float64Array
  /** The steps that an entry takes. */
  steps: Uint32Array
  /** Those that it could take, if no other entry of its request had. */
  #ownSteps: Uint32Array
  numbers: Float64Array
  /** Two words for each entry: of its value, for `value_count`. */
  values: Uint32Array
  /** Two words for each entry: of its request. */
  requests: Uint32Array
  #ids: Uint32Array
  #auditIds: Uint32Array
  #stages: Uint8Array
  #flags: Uint8Array
  /** Rows that were given back. */
  #free: number[] = []
  #used = 0
  readonly #extras = new Map<number, Extra>()
  readonly #stageNames: string[] = []
  readonly #shape: EntryShape

  constructor(shape: EntryShape) {
    this.#shape = shape
    this.timesUs = new Float64Array(0)
    this.steps = new Uint32Array(0)
    this.#ownSteps = new Uint32Array(0)
    this.numbers = new Float64Array(0)
    this.values = new Uint32Array(0)
    this.requests = new Uint32Array(0)
    this.#ids = new Uint32Array(0)
    this.#auditIds = new Uint32Array(0)
    this.#stages = new Uint8Array(0)
    this.#flags = new Uint8Array(0)
    this.#grow(64)
  }

  get count(): number {
    return this.#used - this.#free.length
  }

  add(observation: Observation, steps: number, carried: Carried | undefined): number {
    const row = this.#free.pop() ?? this.#used++
    if (row >= this.timesUs.length) this.#grow(Math.ceil(this.timesUs.length * 1.25))
    this.#flags[row] = 0
    this.timesUs[row] = observation.timeUs
    if (this.#shape.hasSteps) this.steps[row] = steps
    if (this.#hasOwnSteps) this.#ownSteps[row] = steps
    const { words, isHex } = wordsOf(observation.id)
    this.#ids.set(words, row * 4)
    if (!isHex) this.#extra(row).id = observation.id
    this.requests.set(wordsOf(observation.requestId).words.slice(0, 2), row * 2)
    this.#setAuditId(row, observation.auditID)
    this.#setStage(row, observation.stage)
    if (carried !== undefined) this.#extra(row).carried = carried
    return row
  }

  remove(row: number): void {
    if ((this.#flags[row]! & hasExtra) !== 0) this.#extras.delete(row)
    this.#free.push(row)
  }

  setTexts(row: number, texts: readonly string[]): void {
    this.#setWords(row, texts.map(valueWords))
  }

  #words(row: number): ValueWords[] {
    const words = this.manyWords(row) ?? this.values.subarray(row * 2, row * 2 + 2)
    return Array.from({ length: words.length / 2 }, (_, i) => [words[i * 2]!, words[i * 2 + 1]!])
  }

  #setWords(row: number, words: readonly ValueWords[]): void {
    this.values[row * 2] = words[0]![0]
    this.values[row * 2 + 1] = words[0]![1]
    if (words.length > 1) this.#extra(row).words = Uint32Array.from(words.flat())
  }

  /** The same event was observed as something more. Returns whether it was. */
  merge(row: number, steps: number, texts: readonly string[] | undefined): boolean {
    let isMore = false
    if (this.#shape.hasSteps) {
      const own = this.#hasOwnSteps ? this.#ownSteps : this.steps
      isMore = (steps & ~own[row]!) !== 0
      own[row]! |= steps
    }
    if (texts !== undefined) {
      const known = this.#words(row)
      const isKnown = ([high, low]: ValueWords) => known.some(([h, l]) => h === high && l === low)
      const added = texts.map(valueWords).filter((words) => !isKnown(words))
      if (added.length > 0) this.#setWords(row, [...known, ...added])
      isMore ||= added.length > 0
    }
    return isMore
  }

  setNumbers(row: number, numbers: readonly number[]): void {
    this.numbers[row] = numbers[0]!
    if (numbers.length > 1) this.#extra(row).numbers = numbers
  }

  /** All words of values, two for each; undefined when there is one value, which then stands in the column. */
  manyWords(row: number): Uint32Array | undefined {
    return this.#extraOf(row)?.words
  }

  manyNumbers(row: number): readonly number[] | undefined {
    return this.#extraOf(row)?.numbers
  }

  carried(row: number): Carried | undefined {
    return this.#extraOf(row)?.carried
  }

  isTold(row: number): boolean {
    return (this.#flags[row]! & isTold) !== 0
  }

  setTold(row: number): void {
    this.#flags[row]! |= isTold
  }

  /** Whether it takes no part. */
  isRepeat(row: number): boolean {
    return (this.#flags[row]! & isRepeat) !== 0
  }

  /** The steps with which it takes part; all where there are no steps. */
  part(row: number): number {
    if (this.#shape.hasSteps) return this.steps[row]!
    return this.isRepeat(row) ? 0 : allSteps
  }

  /** Leaves an entry what others of its request have not taken. Returns whether that is another part than before. */
  setTaken(row: number, taken: number): boolean {
    const before = this.part(row)
    const own = this.#hasOwnSteps ? this.#ownSteps[row]! : allSteps
    const part = (own & ~taken) >>> 0
    if (this.#hasOwnSteps) this.steps[row] = part
    if (part === 0) this.#flags[row]! |= isRepeat
    else this.#flags[row]! &= ~isRepeat
    return part !== before
  }

  isSameRequest(row: number, other: number): boolean {
    return (
      this.requests[row * 2] === this.requests[other * 2] &&
      this.requests[row * 2 + 1] === this.requests[other * 2 + 1]
    )
  }

  get #hasOwnSteps(): boolean {
    return this.#shape.hasSteps && this.#shape.hasRepeats
  }

  /** Below zero when the first comes before the second: by time, then id. */
  compare(row: number, other: number): number {
    const byTime = this.timesUs[row]! - this.timesUs[other]!
    if (byTime !== 0) return byTime
    for (let i = 0; i < 4; i++) {
      const byWord = this.#ids[row * 4 + i]! - this.#ids[other * 4 + i]!
      if (byWord !== 0) return byWord
    }
    return 0
  }

  /** The request, as far as it is kept: enough to tell it from others. */
  requestText(row: number): string {
    return hexOf([this.requests[row * 2]!, this.requests[row * 2 + 1]!, 0, 0], 0)
  }

  reference(row: number): EventReference {
    const extra = this.#extraOf(row)
    return {
      id: extra?.id ?? hexOf(this.#ids, row * 4),
      auditID: extra?.auditID ?? this.#auditId(row),
      stage: extra?.stage ?? this.#stageNames[this.#stages[row]!]!,
      timeUs: this.timesUs[row]!,
    }
  }

  #extraOf(row: number): Extra | undefined {
    return (this.#flags[row]! & hasExtra) === 0 ? undefined : this.#extras.get(row)
  }

  #extra(row: number): Extra {
    const known = this.#extraOf(row)
    if (known !== undefined) return known
    const extra: Extra = {}
    this.#flags[row]! |= hasExtra
    this.#extras.set(row, extra)
    return extra
  }

  #setAuditId(row: number, text: string): void {
    const words = uuidWords(text)
    if (words === undefined) {
      if (text === '') this.#auditIds.fill(0, row * 4, row * 4 + 4)
      else this.#extra(row).auditID = text
      return
    }
    this.#flags[row]! |= isUuid
    this.#auditIds.set(words, row * 4)
  }

  #auditId(row: number): string {
    if ((this.#flags[row]! & isUuid) === 0) return ''
    const hex = hexOf(this.#auditIds, row * 4)
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }

  #setStage(row: number, stage: string): void {
    let number = this.#stageNames.indexOf(stage)
    if (number < 0 && this.#stageNames.length < 16) number = this.#stageNames.push(stage) - 1
    if (number < 0) this.#extra(row).stage = stage
    this.#stages[row] = Math.max(0, number)
  }

  #grow(rows: number): void {
    const { hasSteps, values } = this.#shape
    this.timesUs = grown(this.timesUs, rows)
    if (hasSteps) this.steps = grown(this.steps, rows)
    if (this.#hasOwnSteps) this.#ownSteps = grown(this.#ownSteps, rows)
    if (values === 'numbers') this.numbers = grown(this.numbers, rows)
    if (values === 'texts') this.values = grown(this.values, rows * 2)
    this.requests = grown(this.requests, rows * 2)
    this.#ids = grown(this.#ids, rows * 4)
    this.#auditIds = grown(this.#auditIds, rows * 4)
    this.#stages = grown(this.#stages, rows)
    this.#flags = grown(this.#flags, rows)
  }
}

function grown<T extends Float64Array | Uint32Array | Uint8Array>(old: T, length: number): T {
  // The constructor of a typed array makes another of its kind.
  const larger = new (old.constructor as new (length: number) => T)(length)
  larger.set(old)
  return larger
}

function valueWords(text: string): ValueWords {
  const [high, low] = hashedWords(text)
  return [high, low]
}

/** The words of a UUID in lower case, as all but odd audit ids are. */
function uuidWords(text: string): Words | undefined {
  if (text.length !== 36 || text[8] !== '-' || text[13] !== '-' || text[18] !== '-')
    return undefined
  if (text[23] !== '-') return undefined
  const hex = text.slice(0, 8) + text.slice(9, 13) + text.slice(14, 18) + text.slice(19, 23)
  const a = hexWord(hex, 0)
  const b = hexWord(hex, 8)
  const c = hexWord(hex + text.slice(24, 28), 16)
  const d = hexWord(text, 28)
  return a < 0 || b < 0 || c < 0 || d < 0 ? undefined : [a, b, c, d]
}
