/** The bytes of a JSON text that holds nothing to escape. */
export function quoted(text: string): Uint8Array {
  return Buffer.from(`"${text}"`)
}

/** The number of the one of `texts` that stands from `start` to `end`; negative if it is none of them. */
export function numberOf(
  texts: readonly Uint8Array[],
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const length = end - start
  for (let number = 0; number < texts.length; number++) {
    const text = texts[number]!
    if (text.length !== length) continue
    let i = 0
    while (i < length && bytes[start + i] === text[i]) i++
    if (i === length) return number
  }
  return -1
}

/** The text of the inside of a JSON text, given byte for byte. */
export function decoded(raw: string): string {
  // An ordinary one stands for itself.
  if (!unusual.test(raw)) return raw
  return String(JSON.parse(`"${Buffer.from(raw, 'latin1').toString()}"`))
}

const unusual = /[\\\u0080-\u00ff]/

/** Of a JSON text with its quotes; empty when it is no text. */
export function decodedText(raw: string): string {
  return raw.startsWith('"') ? decoded(raw.slice(1, -1)) : ''
}
