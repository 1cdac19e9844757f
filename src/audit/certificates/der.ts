/** One value of DER (ITU-T X.690): its identifier octet, and where its content lies in the bytes. */
export interface DerValue {
  readonly tag: number
  readonly start: number
  readonly end: number
}

export const derTags = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

/** The values that fill `[start, end)` one behind the other; undefined where that is no DER. */
export function derValues(
  bytes: Uint8Array,
  { start, end }: Pick<DerValue, 'start' | 'end'>,
): readonly DerValue[] | undefined {
  const values: DerValue[] = []
  for (let at = start; at < end; ) {
    const value = derValueAt(bytes, at, end)
    if (value === undefined) return undefined
    values.push(value)
    at = value.end
  }
  return values
}

/** The values in a value that has to have the tag; undefined where it has not. */
export function derValuesIn(
  bytes: Uint8Array,
  value: DerValue | undefined,
  tag: number,
): readonly DerValue[] | undefined {
  return value?.tag === tag ? derValues(bytes, value) : undefined
}

/** Lengths are definite, as short as can be, and below 64 KiB; no tag here takes a second octet. */
function derValueAt(bytes: Uint8Array, at: number, end: number): DerValue | undefined {
  if (at + 2 > end) return undefined
  const tag = bytes[at]!
  const first = bytes[at + 1]!
  if ((tag & 0x1f) === 0x1f) return undefined
  let start = at + 2
  let length = first
  if (first >= 0x80) {
    const octets = first - 0x80
    if (octets < 1 || octets > 2 || start + octets > end) return undefined
    length = octets === 1 ? bytes[start]! : (bytes[start]! << 8) | bytes[start + 1]!
    if (length < (octets === 1 ? 0x80 : 0x100)) return undefined
    start += octets
  }
  return start + length > end ? undefined : { tag, start, end: start + length }
}

/** The content of an object identifier in hexadecimal; empty for anything else. */
export function oidOf(bytes: Uint8Array, value: DerValue | undefined): string {
  if (value?.tag !== derTags.objectIdentifier) return ''
  return Buffer.from(bytes.subarray(value.start, value.end)).toString('hex')
}

/** Whatever kind of string it is: those that differ from UTF-8 and are no BMPString have no letters that names here use. */
export function textOf(bytes: Uint8Array, { tag, start, end }: DerValue): string {
  const content = Buffer.from(bytes.subarray(start, end))
  if (tag !== derTags.bmpString) return content.toString('utf8')
  return content.length % 2 === 0 ? content.swap16().toString('utf16le').toWellFormed() : ''
}
