/** A Sigma text: literal pieces, `*` (any run, none included) and `?` (exactly one character). */
export type Pattern = readonly PatternPart[]
export type PatternPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'one' }

const escapable = '*?\\'

/**
 * Reads the text as rules write it. A backslash takes the meaning from `*`, `?` and `\` behind it, and is itself
 * everywhere else, also at the end: `\\*` is a backslash and a wildcard, `\\\*` a backslash and a star.
 */
export function parsePattern(source: string): Pattern {
  const parts: PatternPart[] = []
  let literal = ''
  const endLiteral = (): void => {
    if (literal !== '') parts.push({ kind: 'text', text: literal })
    literal = ''
  }
  for (let i = 0; i < source.length; i++) {
    const character = source.charAt(i)
    const next = source.charAt(i + 1)
    if (character === '\\' && next !== '' && escapable.includes(next)) {
      literal += next
      i += 1
    } else if (character === '*') {
      endLiteral()
      if (parts.at(-1)?.kind !== 'any') parts.push({ kind: 'any' })
    } else if (character === '?') {
      endLiteral()
      parts.push({ kind: 'one' })
    } else literal += character
  }
  endLiteral()
  return parts
}

/** The pattern with `*` put before or behind it, unless one is there. */
export function withAny(
  pattern: Pattern,
  where: { readonly before: boolean; readonly behind: boolean },
): Pattern {
  const any: PatternPart = { kind: 'any' }
  const isBefore = where.before && pattern[0]?.kind !== 'any'
  const isBehind = where.behind && pattern.at(-1)?.kind !== 'any'
  const longer = [...(isBefore ? [any] : []), ...pattern, ...(isBehind ? [any] : [])]
  return longer.length === 2 && longer.every((part) => part.kind === 'any') ? [any] : longer
}

/** The text of a pattern without wildcards, else undefined. */
export function literalOf(pattern: Pattern): string | undefined {
  if (pattern.length === 0) return ''
  const [only] = pattern
  return pattern.length === 1 && only?.kind === 'text' ? only.text : undefined
}

/** The pattern for people: what was escaped in the rule no longer is. */
export function patternText(pattern: Pattern): string {
  return pattern
    .map((part) => (part.kind === 'text' ? part.text : part.kind === 'any' ? '*' : '?'))
    .join('')
}

/** True for a lone `*`. */
export function isLoneAny(pattern: Pattern): boolean {
  return pattern.length === 1 && pattern[0]?.kind === 'any'
}

/** A test of a whole text (newlines are characters as any other). Compares exactly: fold both sides before. */
export function compilePattern(pattern: Pattern): (text: string) => boolean {
  return compilePatterns([pattern])
}

/** The same for several patterns, of which one has to match. Most rules ask for beginnings, ends and parts. */
export function compilePatterns(patterns: readonly Pattern[]): (text: string) => boolean {
  const wholes = new Set<string>()
  const beginnings: string[] = []
  const ends: string[] = []
  const parts: string[] = []
  const globs: ((text: string) => boolean)[] = []
  for (const pattern of patterns) {
    const shape = pattern.map(({ kind }) => kind).join(' ')
    const text = pattern.find((part) => part.kind === 'text')?.text ?? ''
    if (shape === '' || shape === 'text') wholes.add(text)
    else if (shape === 'text any') beginnings.push(text)
    else if (shape === 'any text') ends.push(text)
    else if (shape === 'any' || shape === 'any text any') parts.push(text)
    else globs.push(compileGlob(pattern))
  }
  return (text) => {
    if (wholes.size > 0 && wholes.has(text)) return true
    for (const beginning of beginnings) if (text.startsWith(beginning)) return true
    for (const end of ends) if (text.endsWith(end)) return true
    for (const part of parts) if (text.includes(part)) return true
    for (const glob of globs) if (glob(text)) return true
    return false
  }
}

/** Stands for `?` and `*` among the code points of a pattern. */
const oneCode = -1
const anyCode = -2

/**
 * The general case: on a mismatch the last `*` takes one character more, and earlier ones never change again, so the
 * worst case is the product of the lengths and not exponential.
 */
function compileGlob(pattern: Pattern): (text: string) => boolean {
  const codes = pattern.flatMap((part) => {
    if (part.kind === 'text')
      return Array.from(part.text, (character) => character.codePointAt(0) ?? 0)
    return [part.kind === 'one' ? oneCode : anyCode]
  })
  const pieces = pattern.flatMap((part) => (part.kind === 'text' ? [part.text] : []))
  return (text) => {
    if (!hasInOrder(text, pieces)) return false
    let at = 0
    let inPattern = 0
    let lastAny = -1
    let retryAt = 0
    while (at < text.length) {
      const code = text.codePointAt(at) ?? 0
      const wanted = codes[inPattern]
      if (wanted === anyCode) {
        lastAny = inPattern
        retryAt = at
        inPattern += 1
      } else if (wanted === oneCode || wanted === code) {
        inPattern += 1
        at += code > 0xffff ? 2 : 1
      } else if (lastAny >= 0) {
        retryAt += (text.codePointAt(retryAt) ?? 0) > 0xffff ? 2 : 1
        at = retryAt
        inPattern = lastAny + 1
      } else return false
    }
    while (codes[inPattern] === anyCode) inPattern += 1
    return inPattern === codes.length
  }
}

/** True when the pieces follow each other somewhere in the text: necessary for a match, and quick to tell. */
function hasInOrder(text: string, pieces: readonly string[]): boolean {
  let from = 0
  for (const piece of pieces) {
    const at = text.indexOf(piece, from)
    if (at < 0) return false
    from = at + piece.length
  }
  return true
}
