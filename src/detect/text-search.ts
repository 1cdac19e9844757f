import { type MemoSize, TextMemo } from '../audit/text-memo.ts'
import type { EventBatch, SearchedField } from '../contracts.ts'
import { createAutomaton } from './automaton.ts'

/** Finds needles in the texts of one field. */
export interface TextSearch {
  open(batch: EventBatch): Seek
}

/**
 * The numbers of the needles that stand in a text of JSON, given without its quotes, each once; undefined when the text is not all
 * ASCII. The list may be reused by the next call.
 */
export type Seek = (start: number, length: number) => readonly number[] | undefined

/** What is sought: needles that are folded, of ASCII characters, different and not empty, anywhere or at the beginning. */
export interface Sought {
  readonly field: SearchedField
  readonly needles: readonly string[]
  readonly isAtStart: boolean
}

const memoSize: MemoSize = { slotBits: 11, maxBytes: 192 }

/** What is found anywhere in texts that recur is remembered. */
export function createTextSearch({ needles, isAtStart }: Sought): TextSearch {
  const { next, classOf, classes, ends, found, dead } = createAutomaton(needles, isAtStart)
  const kinds = kindsOf(classOf)
  // The search for a beginning is over as soon.
  const memo = isAtStart ? undefined : new TextMemo<readonly number[] | undefined>(memoSize)
  /** The run in which a needle was found last. */
  const foundIn = new Uint32Array(needles.length)
  let run = 0
  const hits: number[] = []

  const note = (numbers: readonly number[]): void => {
    for (const needle of numbers) {
      if (foundIn[needle] === run) continue
      foundIn[needle] = run
      hits.push(needle)
    }
  }

  const search = (bytes: Uint8Array, start: number, end: number): readonly number[] | undefined => {
    if (hits.length > 0) hits.length = 0
    run = run === 0xffffffff ? 1 : run + 1
    let state = 0
    for (let i = start; i < end; i++) {
      let kind = kinds[bytes[i]!]!
      if (kind === SPECIAL) {
        const code = bytes[i] === BACKSLASH ? unescaped(bytes, i + 1) : NOT_ASCII
        if (code >= NOT_ASCII) return undefined
        kind = classOf[code]!
        i += bytes[i + 1] === SMALL_U ? 5 : 1
      }
      state = next[state + kind]!
      if (state === dead) break
      if (state >= 0) continue
      state = ~state
      note(found[ends[state / classes]!]!)
    }
    return hits
  }

  return {
    open: ({ bytes: { buffer, byteOffset, byteLength } }) => {
      // Always of the same class, whatever the batch has.
      const bytes = new Uint8Array(buffer, byteOffset, byteLength)
      if (memo === undefined) return (start, length) => search(bytes, start, start + length)
      const view = new DataView(buffer, byteOffset, byteLength)
      return (start, length) => {
        if (memo.find(view, start, length)) return memo.answer
        const answer = search(bytes, start, start + length)?.slice()
        memo.keep(view, start, length, answer)
        return answer
      }
    },
  }
}

const BACKSLASH = 0x5c
const NOT_ASCII = 0x80
/** More than there are classes. */
const SPECIAL = 0xff
const SMALL_U = 0x75

/** The class of each byte, and apart from those what is no character by itself. */
function kindsOf(classOf: Uint8Array): Uint8Array {
  const kinds = new Uint8Array(256).fill(SPECIAL)
  kinds.set(classOf)
  kinds[BACKSLASH] = SPECIAL
  return kinds
}

const controls: Readonly<Record<number, number>> = { 98: 8, 102: 12, 110: 10, 114: 13, 116: 9 }

/** The code that an escape in valid JSON stands for; `at` is behind the backslash. */
function unescaped(bytes: Uint8Array, at: number): number {
  const letter = bytes[at]!
  if (letter !== SMALL_U) return controls[letter] ?? letter
  let code = 0
  for (let i = at + 1; i < at + 5; i++) {
    const digit = bytes[i]!
    code = code * 16 + (digit <= 0x39 ? digit - 0x30 : (digit | 0x20) - 0x57)
  }
  return code
}
