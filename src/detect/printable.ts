const maxCharacters = 200
/** Words of ASCII with one space between: nearly all texts, and nothing is to be done. */
const ordinary = /^[!-~]+(?: [!-~]+)*$/

/**
 * Text of an event as people may see it: spaces for line breaks and tabs, without control, bidirectional and other
 * invisible characters, and cut at 200 characters.
 */
export function printable(text: string): string {
  if (text.length <= maxCharacters && ordinary.test(text)) return text
  const clean = text
    .slice(0, maxCharacters * 4)
    .replaceAll(/[\s\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '')
    .trim()
  const characters = Array.from(clean)
  if (characters.length <= maxCharacters && text.length <= maxCharacters * 4) return clean
  return `${characters.slice(0, maxCharacters - 1).join('')}…`
}

/** Values of a field as one text: scalars as they are, objects as JSON. */
export function textOfValues(values: readonly unknown[]): string {
  return values.map(textOfValue).join(', ')
}

/** One value of a field as text. */
export function textOfValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
