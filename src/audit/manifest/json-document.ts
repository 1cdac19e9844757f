import { messageOf } from '../../errors.ts'
import { type ManifestEntry, ManifestSyntaxError, type ManifestValue } from './document.ts'

/** The API server reads as JSON, and as nothing else, whatever begins with a brace. */
export function isJsonText(text: string): boolean {
  return /^[ \t\n\r\v\f\u0085\u00a0]*\{/.test(text)
}

/** A JSON text; entries with equal keys are all kept. Throws ManifestSyntaxError. */
export function readJson(text: string): ManifestValue {
  const message = jsonErrorOf(text)
  if (message !== undefined)
    throw new ManifestSyntaxError(
      jsonErrorOffset(text),
      'json.syntax',
      `a file that begins with { is read as JSON: ${message}`,
    )
  try {
    return new ValidJson(text).value()
  } catch (error) {
    // Nested beyond the stack; Go's decoder takes no more than 10,000 levels either.
    if (!(error instanceof RangeError)) throw error
    throw new ManifestSyntaxError(0, 'json.syntax', 'the file is nested too deeply')
  }
}

function jsonErrorOf(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

/** The parser does not always say where: up to the error, a beginning of the text is at most incomplete. */
function jsonErrorOffset(text: string): number {
  let [incomplete, wrong] = [0, text.length + 1]
  while (wrong - incomplete > 1) {
    const length = Math.floor((incomplete + wrong) / 2)
    const message = jsonErrorOf(text.slice(0, length))
    const place = Number(/ at position (\d+)/.exec(message ?? '')?.[1] ?? Number.NaN)
    const isIncomplete =
      message === undefined || place >= length || /end of JSON|Unterminated/.test(message)
    if (isIncomplete) incomplete = length
    else wrong = length
  }
  return Math.min(incomplete, text.length)
}

/** Reads a text that is known to be valid; the parser of the runtime tells no places and no repeated keys. */
class ValidJson {
  readonly #text: string
  readonly #noSpace = /[^ \t\n\r]/g
  readonly #noWord = /[\s,\]}]|$/g
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(): ManifestValue {
    const offset = this.#skipSpace()
    switch (this.#text[offset]) {
      case '{':
        return { kind: 'map', entries: this.#entries(), offset }
      case '[':
        return { kind: 'list', items: this.#items(), offset }
      case '"':
        return { kind: 'text', text: this.#string(), offset }
      default:
        return wordValue(this.#word(), offset)
    }
  }

  #entries(): ManifestEntry[] {
    const seen = new Set<string>()
    const entries: ManifestEntry[] = []
    while (this.#hasMore('}')) {
      const keyOffset = this.#at
      const key = this.#string()
      this.#at = this.#skipSpace() + 1
      entries.push({ key, keyOffset, value: this.value(), isRepeated: seen.has(key) })
      seen.add(key)
    }
    return entries
  }

  #items(): ManifestValue[] {
    const items: ManifestValue[] = []
    while (this.#hasMore(']')) items.push(this.value())
    return items
  }

  /** Steps over the opening bracket or a comma to what follows, or over the closing bracket. */
  #hasMore(closing: string): boolean {
    const isClosed = this.#text[this.#skipSpace()] === closing
    this.#at += 1
    if (isClosed) return false
    if (this.#text[this.#skipSpace()] !== closing) return true
    this.#at += 1
    return false
  }

  #string(): string {
    const start = this.#at
    this.#at = endOfString(this.#text, start)
    const plain = this.#text.slice(start + 1, this.#at - 1)
    // The text is valid JSON, so this part of it is a string. Go has no half of a surrogate pair.
    return plain.includes('\\')
      ? (JSON.parse(this.#text.slice(start, this.#at)) as string).toWellFormed()
      : plain
  }

  #word(): string {
    this.#noWord.lastIndex = this.#at
    const end = this.#noWord.exec(this.#text)?.index ?? this.#text.length
    const word = this.#text.slice(this.#at, end)
    this.#at = end
    return word
  }

  #skipSpace(): number {
    this.#noSpace.lastIndex = this.#at
    this.#at = this.#noSpace.exec(this.#text)?.index ?? this.#text.length
    return this.#at
  }
}

/** Behind the quote that closes a string; the end of the text if none does. */
export function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end < 0 ? text.length : end + 1
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text[at - 1 - backslashes] === '\\') backslashes += 1
  return backslashes % 2 === 1
}

function wordValue(text: string, offset: number): ManifestValue {
  if (text === 'null') return { kind: 'null', offset }
  if (text === 'true' || text === 'false')
    return { kind: 'boolean', boolean: text === 'true', offset }
  return { kind: 'number', text, offset }
}
