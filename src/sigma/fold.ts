const finalSigma = '\u03c2'

/**
 * Lower case, one code point at a time and without context, so that a part of a text folds as it does within the whole.
 * `toLowerCase` differs in two letters: the dotted capital I becomes two characters, and a final capital sigma
 * becomes another letter than elsewhere.
 */
export function foldCase(text: string): string {
  const lower = text.toLowerCase()
  if (lower.length === text.length && !lower.includes(finalSigma)) return lower
  return text.replaceAll('\u0130', 'i').replaceAll('\u03a3', '\u03c3').toLowerCase()
}

/** A scalar of an event as text: numbers as JSON writes them, `true`, `false`. Undefined for null, objects and arrays. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return undefined
}
