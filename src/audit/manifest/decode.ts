import type { ManifestValue } from './document.ts'
import type { Shape } from './shape.ts'

/** What was decoded of a value: a text, boolean, list or record of such; undefined = absent or null. */
export type Decoded =
  | string
  | boolean
  | undefined
  | readonly Decoded[]
  | { readonly [key: string]: Decoded }

export interface DecodeReport {
  /** A type that does not fit: the API server refuses the file. */
  wrongType(value: ManifestValue, field: string, expected: string): void
  /** The API server warns and drops it. */
  unknown(offset: number, field: string): void
  /** The API server warns and takes the last one. */
  repeated(offset: number, field: string): void
  /** Where the value of a field begins. */
  located(field: string, offset: number): void
}

/**
 * Decodes as Go's JSON decoder does into `previous`: null leaves most things as they are, and a repeated field of a JSON
 * file is decoded over the one before.
 */
export function decode(
  value: ManifestValue,
  shape: Shape,
  field: string,
  report: DecodeReport,
  previous?: Decoded,
): Decoded {
  report.located(field, value.offset)
  switch (shape.kind) {
    case 'any':
      return undefined
    case 'text':
      if (value.kind === 'text') return value.text
      if (value.kind !== 'null') report.wrongType(value, field, 'a text')
      return previous
    case 'boolean':
      if (value.kind === 'boolean') return value.boolean
      if (value.kind !== 'null') report.wrongType(value, field, 'true or false')
      return shape.pointer ? undefined : previous
    case 'integer':
      if (!isInteger(value)) report.wrongType(value, field, 'a whole number')
      return undefined
    case 'time':
      if (!isTime(value)) report.wrongType(value, field, 'a time such as 2026-01-31T12:00:00Z')
      return undefined
    case 'list':
      return decodeList(value, shape.of, field, report, previous)
    case 'map':
      return decodeMap(value, shape.of, field, report)
    case 'struct':
      return decodeStruct(value, shape.fields, field, report, previous)
    default:
      return shape satisfies never
  }
}

function decodeList(
  value: ManifestValue,
  of: Shape,
  field: string,
  report: DecodeReport,
  previous: Decoded,
): Decoded {
  if (value.kind === 'list') {
    const before: readonly Decoded[] = Array.isArray(previous) ? previous : []
    return value.items.map((item, index) =>
      decode(item, of, `${field}[${index}]`, report, before[index]),
    )
  }
  if (value.kind !== 'null') report.wrongType(value, field, 'a list')
  return undefined
}

function decodeMap(value: ManifestValue, of: Shape, field: string, report: DecodeReport): Decoded {
  if (value.kind !== 'map') {
    if (value.kind !== 'null') report.wrongType(value, field, 'a map')
    return undefined
  }
  const decoded = value.entries.map((entry): readonly [string, Decoded] => {
    const path = `${field}.${entry.key}`
    if (entry.isRepeated) report.repeated(entry.keyOffset, path)
    return [entry.key, decode(entry.value, of, path, report)]
  })
  return Object.fromEntries(decoded)
}

function decodeStruct(
  value: ManifestValue,
  fields: Readonly<Record<string, Shape>>,
  field: string,
  report: DecodeReport,
  previous: Decoded,
): Decoded {
  if (value.kind === 'null') return previous
  if (value.kind !== 'map') {
    report.wrongType(value, field, 'a map')
    return previous
  }
  const decoded = new Map(Object.entries((previous ?? {}) as Record<string, Decoded>))
  for (const entry of value.entries) {
    const path = field === '' ? entry.key : `${field}.${entry.key}`
    if (entry.isRepeated) report.repeated(entry.keyOffset, path)
    const shape = Object.hasOwn(fields, entry.key) ? fields[entry.key] : undefined
    if (shape === undefined) report.unknown(entry.keyOffset, path)
    else decoded.set(entry.key, decode(entry.value, shape, path, report, decoded.get(entry.key)))
  }
  return Object.fromEntries(decoded)
}

function isInteger(value: ManifestValue): boolean {
  if (value.kind === 'null') return true
  if (value.kind !== 'number' || !/^-?\d+$/.test(value.text)) return false
  const number = BigInt(value.text)
  return number >= -(2n ** 63n) && number < 2n ** 63n
}

function isTime(value: ManifestValue): boolean {
  if (value.kind === 'null') return true
  if (value.kind !== 'text') return false
  const match =
    /^(\d{4})-(\d\d)-(\d\d)T(\d{1,2}):(\d\d):(\d\d)(?:[.,]\d+)?(?:Z|[+-](\d\d):(\d\d))$/.exec(
      value.text,
    )
  if (match === null) return false
  const [year, month, day, hour, minute, second, zoneHour, zoneMinute] = match
    .slice(1)
    .map((part) => Number(part ?? 0))
  const daysInMonth = new Date(Date.UTC(2000 + (year! % 400), month!, 0)).getUTCDate()
  return (
    month! >= 1 &&
    month! <= 12 &&
    day! >= 1 &&
    day! <= daysInMonth &&
    hour! < 24 &&
    minute! < 60 &&
    second! < 60 &&
    zoneHour! <= 24 &&
    zoneMinute! < 60
  )
}
