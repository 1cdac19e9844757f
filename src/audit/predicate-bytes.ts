import { valuesOn } from './known-predicates.ts'

/** The bytes do not tell, or would take more work to understand: decode to know. */
export const UNDECIDED = -1

/*
 * Each function looks at the raw bytes of a JSON string that is known to be valid, and gives the bits of the predicates
 * that are true of its text, the others of its field being false; or UNDECIDED. What decides is compared byte by byte:
 * rules are excluded by these answers, so that a crafted text must not be able to feign one.
 */

/** Texts to begin with; no two of them can both be true, but those in `longer`. */
interface Beginning {
  readonly bytes: number
  /** The text four bytes at once, the last four overlapping those before. */
  readonly words: Int32Array
  readonly lastWord: number
  /** The predicate that is true of texts that begin so. */
  readonly bit: number
  /** What may follow. */
  readonly longer: Beginnings
}

export interface Beginnings {
  readonly firstWords: Int32Array
  readonly each: readonly Beginning[]
}

/**
 * The predicates on a field, which are all `startswith`, or all `equals`: that is beginning with the text and a quote.
 * Letters, digits and most signs can be compared in either case by setting a bit in each byte: what would collide
 * with them is a control character, which no string holds.
 */
export function beginningsOn(field: string, kind: 'startswith' | 'equals'): Beginnings {
  const values = valuesOn(field).map(({ value, bit }) => ({
    text: kind === 'equals' ? `${value}"` : value,
    bit,
  }))
  return nested(values, 0)
}

interface BeginningText {
  readonly text: string
  readonly bit: number
}

/** Those that are no continuation of another one, from the place on; each with its continuations. */
function nested(values: readonly BeginningText[], from: number): Beginnings {
  const isLonger = (longer: string, text: string) => longer !== text && longer.startsWith(text)
  const shortest = values.filter(({ text }) => !values.some((other) => isLonger(text, other.text)))
  const each = shortest.map(({ text, bit }): Beginning => {
    const bytes = Uint8Array.from(text.slice(from), (letter) => letter.charCodeAt(0))
    const view = new DataView(bytes.buffer)
    return {
      bytes: bytes.length,
      words: Int32Array.from({ length: bytes.length >> 2 }, (_, word) => view.getInt32(4 * word)),
      lastWord: view.getInt32(bytes.length - 4),
      bit,
      longer: nested(
        values.filter((other) => isLonger(other.text, text)),
        text.length,
      ),
    }
  })
  return { firstWords: Int32Array.from(each, ({ words }) => words[0]!), each }
}

const EITHER_CASE = 0x20202020

/** From behind the opening quote. The closing one is there; what stands behind it decides nothing. */
export function beginningBits(
  view: DataView,
  i: number,
  stop: number,
  beginnings: Beginnings,
): number {
  let found = 0
  for (;;) {
    const { firstWords, each } = beginnings
    if (firstWords.length === 0) return found
    const raw = wordAt(view, i, stop)
    const first = raw | EITHER_CASE
    let longer: Beginnings | undefined
    let isAny = false
    for (let number = 0; number < firstWords.length; number++) {
      if (firstWords[number] !== first) continue
      isAny = true
      const beginning = each[number]!
      const state = restState(view, i, stop, beginning)
      if (state < 0) return UNDECIDED
      if (state === 0) continue
      found |= beginning.bit
      i += beginning.bytes
      longer = beginning.longer
      break
    }
    if (longer === undefined) {
      const isUnclear =
        !isAny && hasSpecial(raw) && firstWords.some((word) => differs(raw, word) < 0)
      return isUnclear ? UNDECIDED : found
    }
    beginnings = longer
  }
}

/** Whether the text goes on as the beginning does, of which the first word is there: 1, 0 or UNDECIDED. */
function restState(
  view: DataView,
  i: number,
  stop: number,
  { bytes, words, lastWord }: Beginning,
): number {
  for (let word = 1; word < words.length; word++) {
    const raw = wordAt(view, i + 4 * word, stop)
    if ((raw | EITHER_CASE) !== words[word]) return differs(raw, words[word]!)
  }
  const raw = wordAt(view, i + bytes - 4, stop)
  return (raw | EITHER_CASE) === lastWord ? 1 : differs(raw, lastWord)
}

/** Four bytes; zeros from `stop` on. */
function wordAt(view: DataView, i: number, stop: number): number {
  if (i + 4 <= stop) return view.getInt32(i)
  let word = 0
  for (let place = i; place < i + 4; place++) {
    word = (word << 8) | (place < stop ? view.getUint8(place) : 0)
  }
  return word
}

/** For bytes that are not the wanted ones: UNDECIDED if the first that differs is part of another way to write some letter, else 0. */
function differs(raw: number, wanted: number): number {
  const place = Math.clz32((raw | EITHER_CASE) ^ wanted) >>> 3
  const byte = (raw >>> (24 - 8 * place)) & 0xff
  return byte > 0x7f || byte === 0x5c ? UNDECIDED : 0
}

/** One of the bytes is a backslash, or beyond ASCII, where some letters fold to ASCII ones. */
function hasSpecial(word: number): boolean {
  const noBackslash = word ^ 0x5c5c5c5c
  return ((word | ((noBackslash - 0x01010101) & ~noBackslash)) & 0x80808080) !== 0
}

const LOOPBACK = '::1/128'
const blocks = valuesOn('peerIp').filter(({ value }) => value !== LOOPBACK)
const blockWords = Int32Array.from(blocks, ({ value }) =>
  value
    .split('/', 1)[0]!
    .split('.')
    .reduce((sum, octet) => (sum << 8) | Number(octet), 0),
)
const blockMasks = Int32Array.from(blocks, ({ value }) => -1 << (32 - Number(value.split('/')[1])))
const blockBits = Int32Array.from(blocks, ({ bit }) => bit)
const loopbackBit = valuesOn('peerIp').find(({ value }) => value === LOOPBACK)?.bit ?? 0

/** Which networks an address lies in. Of IPv6 only the loopback address is understood. */
export function networkBits(view: DataView, start: number, end: number): number {
  let word = 0
  let octet = -1
  let octets = 0
  for (let i = start; i <= end; i++) {
    const byte = view.getUint8(i)
    const digit = byte - 0x30
    if (digit >= 0 && digit <= 9) {
      if (octet === 0) return UNDECIDED
      octet = octet < 0 ? digit : octet * 10 + digit
      if (octet > 255) return UNDECIDED
    } else {
      if (octet < 0 || (i < end && byte !== 0x2e)) return loopbackState(view, start, end)
      word = (word << 8) | octet
      octets += 1
      octet = -1
    }
  }
  if (octets !== 4) return UNDECIDED
  let found = 0
  for (let block = 0; block < blockWords.length; block++) {
    if ((word & blockMasks[block]!) === blockWords[block]) found |= blockBits[block]!
  }
  return found
}

function loopbackState(view: DataView, start: number, end: number): number {
  const isLoopback =
    end - start === 3 && view.getUint16(start) === 0x3a3a && view.getUint8(start + 2) === 0x31
  return isLoopback ? loopbackBit : UNDECIDED
}

const [auditId = { value: '', bit: 0 }] = valuesOn('auditID')
export const auditIdBit = auditId.bit
/** Its form, zero where it is any character, and the bits of each byte that count. */
export const auditIdForm = Uint8Array.from(auditId.value, (sign) =>
  sign === '?' ? 0 : sign.charCodeAt(0),
)
export const auditIdMask = auditIdForm.map((byte) => (byte === 0 ? 0 : 0xff))

const reasonEnds = valuesOn('annotations.authorization.k8s.io/reason').map(({ value, bit }) => ({
  // As JSON writes it, and no otherwise without an escape by number.
  bytes: Uint8Array.from(value.replaceAll('"', '\\"'), (letter) => letter.charCodeAt(0)),
  bit,
}))

/** Which ends the reason of an authorization has. */
export function reasonBits(view: DataView, start: number, end: number): number {
  let found = 0
  for (const { bytes, bit } of reasonEnds) {
    const bits = endBits(view, start, end, bytes, bit)
    if (bits < 0) return UNDECIDED
    found |= bits
  }
  return found
}

function endBits(
  view: DataView,
  start: number,
  end: number,
  wanted: Uint8Array,
  bit: number,
): number {
  let i = end
  for (let at = wanted.length - 1; at >= 0; at--) {
    i--
    // No way to write the wanted text is shorter.
    if (i < start) return 0
    let byte = view.getUint8(i)
    if (byte >= 0x41 && byte <= 0x5a) byte |= 0x20
    if (byte !== wanted[at]) {
      return byte > 0x7f || isEscaped(view, start, i) ? UNDECIDED : 0
    }
  }
  return isEscaped(view, start, i) ? UNDECIDED : bit
}

/** The byte may belong to an escape, of which the longest has six bytes. */
function isEscaped(view: DataView, start: number, i: number): boolean {
  for (let back = 0; back <= 5 && i - back >= start; back++) {
    if (view.getUint8(i - back) !== 0x5c) continue
    if (back <= 1 || view.getUint8(i - back + 1) === 0x75) return true
  }
  return false
}
