/** The text within quotes as Go's `%q` writes it, as the source of a regular expression: linear, without a stack. */
export const goQuoted = String.raw`"([^"\\]*(?:\\.[^"\\]*)*)"`

/** What stands within the quotes of `%q`, read back. A byte that is no UTF-8 is U+FFFD. Never throws. */
export function goUnquoted(text: string): string {
  if (!text.includes('\\')) return text
  return text.replaceAll(escapes, (_whole, hex: string | undefined, letter: string) =>
    hex === undefined ? (characters.get(letter) ?? letter) : characterOf(hex),
  )
}

const escapes = /\\(?:(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})|(.))/gs
const characters: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
])

function characterOf(hex: string): string {
  const code = Number.parseInt(hex.slice(1), 16)
  const isByte = hex.startsWith('x') && code >= 0x80
  return isByte || code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code)
}
