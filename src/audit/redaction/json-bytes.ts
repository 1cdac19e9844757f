const quote = 0x22
const backslash = 0x5c

/** A member of an object in JSON bytes; positions are absolute. */
export interface Member {
  readonly key: string
  readonly valueStart: number
}

/** The first position at or after `at` that is neither space nor `,` nor `:`. The bytes are valid JSON. */
export function skipGaps(bytes: Uint8Array, at: number): number {
  let i = at
  for (;;) {
    const byte = bytes[i]
    if (
      byte !== 0x20 &&
      byte !== 0x0a &&
      byte !== 0x0d &&
      byte !== 0x09 &&
      byte !== 0x2c &&
      byte !== 0x3a
    )
      return i
    i++
  }
}

/** The position behind the string whose opening quote stands at `start`. */
export function endOfString(bytes: Uint8Array, start: number): number {
  for (let i = start + 1; ; i++) {
    const byte = bytes[i]
    if (byte === quote) return i + 1
    if (byte === backslash) i++
    if (byte === undefined) return i
  }
}

/** The position behind the value that begins at `start`. */
export function endOfValue(bytes: Uint8Array, start: number): number {
  const first = bytes[start]
  if (first === quote) return endOfString(bytes, start)
  if (first !== 0x7b && first !== 0x5b) {
    let i = start
    while (i < bytes.length && !isEndOfScalar(bytes[i])) i++
    return i
  }
  let depth = 0
  for (let i = start; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === quote) i = endOfString(bytes, i) - 1
    else if (byte === 0x7b || byte === 0x5b) depth++
    else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) return i + 1
  }
  return bytes.length
}

function isEndOfScalar(byte: number | undefined): boolean {
  return (
    byte === 0x2c ||
    byte === 0x7d ||
    byte === 0x5d ||
    byte === 0x20 ||
    byte === 0x0a ||
    byte === 0x0d ||
    byte === 0x09
  )
}

/** The text of the string whose quotes stand at `start` and `end - 1`. */
export function stringAt(bytes: Uint8Array, start: number, end: number): string {
  const inside = Buffer.from(bytes.buffer, bytes.byteOffset + start + 1, end - start - 2)
  if (inside.indexOf(backslash) < 0) return inside.toString('utf8')
  // A string token of valid JSON parses to a string.
  return JSON.parse(`"${inside.toString('utf8')}"`) as string
}

/** The members of the object that begins at `start`. */
export function* membersOf(bytes: Uint8Array, start: number): Generator<Member> {
  let i = skipGaps(bytes, start + 1)
  while (bytes[i] === quote) {
    const keyEnd = endOfString(bytes, i)
    const valueStart = skipGaps(bytes, keyEnd)
    yield { key: stringAt(bytes, i, keyEnd), valueStart }
    i = skipGaps(bytes, endOfValue(bytes, valueStart))
  }
}

/** The text of a member that is a string; undefined when the object has none of that name, or it is something else. */
export function textMember(bytes: Uint8Array, start: number, key: string): string | undefined {
  let found: string | undefined
  for (const member of membersOf(bytes, start)) {
    if (member.key !== key) continue
    const isText = bytes[member.valueStart] === quote
    found = isText
      ? stringAt(bytes, member.valueStart, endOfString(bytes, member.valueStart))
      : undefined
  }
  return found
}
