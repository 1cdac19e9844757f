import type { OneOf, RegexValue, TextValue } from './field-item.ts'
import { type Pattern, parsePattern } from './wildcard.ts'

/** Values for the `%names%` that rules may use with `expand`. A value may have wildcards, as in a rule. */
export type Placeholders = Readonly<Record<string, readonly string[]>>

/** A list times a list times a list soon fills the memory. */
const maxExpanded = 10_000

const name = /\\%|%([^%\\]+)%/g

/** Every way to fill in the `%names%` of a text; `\%` is a percent sign. A text says which name has no values. */
export function expandText(value: TextValue, placeholders: Placeholders): OneOf | string {
  let variants: Pattern[] = [[]]
  for (const part of value.pattern) {
    const choices = part.kind === 'text' ? patternsOf(part.text, placeholders) : [[part]]
    if (typeof choices === 'string') return choices
    if (variants.length * choices.length > maxExpanded) return tooMany
    variants = variants.flatMap((variant) => choices.map((choice) => [...variant, ...choice]))
  }
  return { kind: 'oneOf', values: variants.map((each) => ({ ...value, pattern: joined(each) })) }
}

/** The same for a regular expression, where the values stand for themselves. */
export function expandRegex(value: RegexValue, placeholders: Placeholders): OneOf | string {
  let sources = ['']
  for (const piece of piecesOf(value.source)) {
    const choices = piece.name === undefined ? [piece.text] : valuesOf(piece.name, placeholders)
    if (typeof choices === 'string') return choices
    if (sources.length * choices.length > maxExpanded) return tooMany
    const texts = piece.name === undefined ? choices : choices.map(escapeRegex)
    sources = sources.flatMap((source) => texts.map((text) => source + text))
  }
  return { kind: 'oneOf', values: sources.map((source) => ({ ...value, source })) }
}

const tooMany = `the placeholders of this value have more than ${maxExpanded} combinations`

function escapeRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}

function patternsOf(text: string, placeholders: Placeholders): Pattern[] | string {
  let variants: Pattern[] = [[]]
  for (const piece of piecesOf(text)) {
    const values = piece.name === undefined ? undefined : valuesOf(piece.name, placeholders)
    if (typeof values === 'string') return values
    const choices = values?.map(parsePattern) ?? [[{ kind: 'text', text: piece.text } as const]]
    if (variants.length * choices.length > maxExpanded) return tooMany
    variants = variants.flatMap((variant) => choices.map((choice) => [...variant, ...choice]))
  }
  return variants
}

interface Piece {
  readonly text: string
  readonly name?: string
}

function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (const found of text.matchAll(name)) {
    if (found.index > from) pieces.push({ text: text.slice(from, found.index) })
    pieces.push(found[1] === undefined ? { text: '%' } : { text: found[0], name: found[1] })
    from = found.index + found[0].length
  }
  if (from < text.length) pieces.push({ text: text.slice(from) })
  return pieces
}

function valuesOf(wanted: string, placeholders: Placeholders): readonly string[] | string {
  const values = Object.hasOwn(placeholders, wanted) ? placeholders[wanted] : undefined
  if (values !== undefined && values.length > 0) return values
  const known = Object.keys(placeholders).join(', ') || 'none'
  return `the placeholder \`%${wanted}%\` has no values; give it some under rules.placeholders (there are: ${known})`
}

/** Texts beside each other as one, and runs of `*` as one: the form that patterns have everywhere. */
function joined(pattern: Pattern): Pattern {
  const parts: Pattern[number][] = []
  for (const part of pattern) {
    const last = parts.at(-1)
    if (part.kind === 'text' && last?.kind === 'text')
      parts[parts.length - 1] = { kind: 'text', text: last.text + part.text }
    else if (part.kind !== 'any' || last?.kind !== 'any') parts.push(part)
  }
  return parts
}
