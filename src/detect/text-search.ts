import { type MemoSize, TextMemo } from '../audit/text-memo.ts'
import type { EventBatch } from '../contracts.ts'
import { createAutomaton } from './automaton.ts'

/** Finds needles in the texts of one field. */
export interface TextSearch {
  open(batch: EventBatch): OpenSearch
}

export interface OpenSearch {
  /** All needles. */
  readonly all: Seek
  /** Those only that stand at the beginning: that search is over sooner. */
  readonly beginnings: Seek
}

/**
 * The numbers of the needles that stand in a text of JSON, given without its quotes, each once; undefined when the text is not all
 * ASCII, as far as it was looked at.
 */
export type Seek = (start: number, length: number) => readonly number[] | undefined

/** A needle: folded, of ASCII characters and not empty; anywhere, or only at the beginning. */
export interface SoughtText {
  readonly text: string
  readonly isAtStart: boolean
}

const memoSize: MemoSize = { slotBits: 11, maxBytes: 192 }

/** All of `sought` are different. What is found anywhere in texts that recur is remembered. */
export function createTextSearch(sought: readonly SoughtText[]): TextSearch {
  const beginnings = passesOver(sought, true)
  const passes = [...beginnings, ...passesOver(sought, false)]
  const memo = new TextMemo<readonly number[] | undefined>(memoSize)
  return {
    open: ({ bytes: { buffer, byteOffset, byteLength } }) => {
      // Always of the same class, whatever the batch has.
      const bytes = new Uint8Array(buffer, byteOffset, byteLength)
      const view = new DataView(buffer, byteOffset, byteLength)
      return {
        beginnings: (start, length) => search(beginnings, bytes, start, start + length),
        all: (start, length) => {
          if (memo.find(view, start, length)) return memo.answer
          const answer = search(passes, bytes, start, start + length)
          memo.keep(view, start, length, answer)
          return answer
        },
      }
    },
  }
}

function search(
  passes: readonly Pass[],
  bytes: Uint8Array,
  start: number,
  end: number,
): readonly number[] | undefined {
  let hits = none
  for (const pass of passes) {
    const found = pass(bytes, start, end)
    if (found === undefined) return undefined
    hits = hits.length === 0 ? found : [...hits, ...found]
  }
  return hits
}

const none: readonly number[] = []

/** The numbers of the needles that it finds, each once; undefined when it meets what is not ASCII. */
type Pass = (bytes: Uint8Array, start: number, end: number) => readonly number[] | undefined

/** One, or for no needles none. */
function passesOver(sought: readonly SoughtText[], isAtStart: boolean): readonly Pass[] {
  const numbers = [...sought.keys()].filter((number) => sought[number]?.isAtStart === isAtStart)
  if (numbers.length === 0) return []
  const needles = numbers.map((number) => sought[number]!.text)
  const { next, classOf, classes, ends, found, dead } = createAutomaton(needles, isAtStart)
  const kinds = kindsOf(classOf)
  const pass: Pass = (bytes, start, end) => {
    let hits: Set<number> | undefined
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
      hits ??= new Set()
      for (const needle of found[ends[state / classes]!]!) hits.add(numbers[needle]!)
    }
    return hits === undefined ? none : [...hits]
  }
  return [pass]
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
