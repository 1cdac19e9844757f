const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u
const special: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
])

/** A text between quotes as Go prints it for `%q` (`strconv.Quote`). */
export function goQuote(text: string): string {
  if (/^[\w./:@ -]*$/.test(text)) return `"${text}"`
  return `"${Array.from(text.toWellFormed(), escaped).join('')}"`
}

function escaped(character: string): string {
  const known = special.get(character)
  if (known !== undefined) return known
  if (printable.test(character)) return character
  const code = character.codePointAt(0) ?? 0
  const [letter, digits] = code < 0x80 ? ['x', 2] : code < 0x10000 ? ['u', 4] : ['U', 8]
  return `\\${letter}${code.toString(16).padStart(Number(digits), '0')}`
}
