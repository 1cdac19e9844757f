import type { OneOf, TextValue } from './field-item.ts'
import { literalOf, type Pattern, type PatternPart } from './wildcard.ts'

const dashes = ['-', '/', '\u2013', '\u2014', '\u2015']
/** More would make over 125 texts of one. */
const maxDashes = 3

/** A dash or slash that begins a word, as in `-enc` and `/enc`, but not the one within `no-op`. */
const leadingDash = /(?<![\p{L}\p{N}_])[-/](?=[\p{L}\p{N}_])/gu

/** The text with every such dash written in each of five ways: hyphen, slash, en dash, em dash, horizontal bar. */
export function windash(value: TextValue): OneOf | string {
  let variants: Pattern[] = [[]]
  let found = 0
  for (const part of value.pattern) {
    const pieces = part.kind === 'text' ? part.text.split(leadingDash) : []
    found += Math.max(0, pieces.length - 1)
    if (found > maxDashes) return `\`windash\` takes up to ${maxDashes} dashes in a value; split it`
    const texts = part.kind === 'text' ? joinedInAllWays(pieces) : undefined
    variants = variants.flatMap((variant): Pattern[] =>
      texts === undefined
        ? [[...variant, part]]
        : texts.map((text) => [...variant, { kind: 'text', text }]),
    )
  }
  return { kind: 'oneOf', values: variants.map((pattern) => ({ ...value, pattern })) }
}

function joinedInAllWays([first = '', ...rest]: readonly string[]): string[] {
  return rest.reduce(
    (texts, piece) => texts.flatMap((text) => dashes.map((dash) => text + dash + piece)),
    [first],
  )
}

/**
 * Every character as the two bytes that UTF-16 has for it, in the given order; wildcards stay. Both have to be ASCII, as of letters
 * and the dashes of `windash`.
 */
export function utf16(
  value: TextValue,
  order: 'littleEndian' | 'bigEndian',
  hasByteOrderMark = false,
): TextValue | string {
  const parts: PatternPart[] = []
  for (const part of value.pattern) {
    const text = part.kind === 'text' ? bothBytes(part.text, order) : undefined
    if (part.kind === 'text' && text === undefined)
      return 'only ASCII, and the dashes of `windash`, can be encoded as UTF-16 here'
    parts.push(text === undefined ? part : { kind: 'text', text })
  }
  if (!hasByteOrderMark) return { ...value, pattern: parts }
  const [first] = parts
  const pattern: Pattern =
    first?.kind === 'text'
      ? [{ kind: 'text', text: `\ufeff${first.text}` }, ...parts.slice(1)]
      : [{ kind: 'text', text: '\ufeff' }, ...parts]
  return { ...value, pattern, hasByteOrderMark }
}

function bothBytes(text: string, order: 'littleEndian' | 'bigEndian'): string | undefined {
  const bytes = Buffer.from(text, 'utf16le')
  if (bytes.some((byte) => byte > 0x7f)) return undefined
  return (order === 'littleEndian' ? bytes : bytes.swap16()).toString('latin1')
}

/** The text in Base64 with padding. */
export function base64(value: TextValue): TextValue | string {
  const bytes = bytesOf(value)
  return typeof bytes === 'string' ? bytes : asText(value, bytes.toString('base64'))
}

/**
 * What the text looks like within longer data in Base64: one form for each number of bytes before it, modulo three,
 * without the characters at both ends that depend on the bytes beside it.
 */
export function base64offset(value: TextValue): OneOf | string {
  const bytes = bytesOf(value)
  if (typeof bytes === 'string') return bytes
  const values = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
    const start = [0, 2, 3][offset]!
    const cut = [0, 3, 2][(bytes.length + offset) % 3]!
    return asText(value, encoded.slice(start, encoded.length - cut))
  })
  const isEmpty = values.some(({ pattern }) => literalOf(pattern) === '')
  return isEmpty ? 'this text is too short to be found within Base64' : { kind: 'oneOf', values }
}

function bytesOf({ pattern, hasByteOrderMark }: TextValue): Buffer | string {
  const text = literalOf(pattern)
  if (text === undefined) return 'a text with wildcards cannot be encoded in Base64'
  return hasByteOrderMark === undefined
    ? Buffer.from(text, 'utf8')
    : Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text.slice(1), 'utf8')])
}

function asText({ source }: TextValue, text: string): TextValue {
  return { kind: 'text', source, pattern: text === '' ? [] : [{ kind: 'text', text }] }
}
