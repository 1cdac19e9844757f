import { isWireObject, type WireObject } from '../../audit/wire.ts'

/** The type of a field, or the fields below it. One description gives the mapping, and what of an object fits it. */
export interface Shape {
  readonly [key: string]: Shape | LeafType
}

export type LeafType = 'keyword' | 'text' | 'boolean' | 'integer' | 'date'

/** Lucene refuses terms beyond 32,766 bytes and with them the document; longer values are stored, but not searchable. */
export const keyword = { type: 'keyword', ignore_above: 8191 } as const

const leafMappings = {
  keyword,
  text: { type: 'text', fields: { keyword } },
  boolean: { type: 'boolean' },
  integer: { type: 'integer' },
  date: { type: 'date' },
} as const satisfies Readonly<Record<LeafType, object>>

export interface Mapping {
  readonly properties: Readonly<Record<string, object>>
}

export function mappingOf(shape: Shape): Mapping {
  const properties = Object.entries(shape).map(([key, inner]) => [
    key,
    typeof inner === 'string' ? leafMappings[inner] : mappingOf(inner),
  ])
  return { properties: Object.fromEntries(properties) as Mapping['properties'] }
}

/** The mapping with another type in place of `flattened`, if one is given. */
export function withFlattenedAs<T extends object>(
  other: object | undefined,
  mapping: T,
): T | object {
  if (other === undefined) return mapping
  const entries = Object.entries(mapping).map(([key, inner]: [string, unknown]) => {
    if (typeof inner !== 'object' || inner === null) return [key, inner]
    return [
      key,
      'type' in inner && inner.type === 'flattened' ? other : withFlattenedAs(other, inner),
    ]
  })
  return Object.fromEntries(entries) as object
}

/** Notes whether anything was left out of what was picked. */
export interface Loss {
  any: boolean
}

/**
 * What of a value fits the shape: keys that it names, values of their types, arrays of either. Nothing else can make
 * Elasticsearch refuse the document, or its mapping grow. What is empty or null is left out, and is no loss.
 */
export function pick(shape: Shape | LeafType, value: unknown, loss: Loss): unknown {
  if (Array.isArray(value)) return pickElements(shape, value, loss)
  if (typeof shape === 'string') {
    if (value !== '' && isOfType[shape](value)) return value
    if (!isEmpty(value)) loss.any = true
    return undefined
  }
  if (isWireObject(value)) return pickFields(shape, value, loss)
  if (!isEmpty(value)) loss.any = true
  return undefined
}

function pickFields(shape: Shape, value: WireObject, loss: Loss): object | undefined {
  let picked: Record<string, unknown> | undefined
  for (const key of Object.keys(value)) {
    const inner = Object.hasOwn(shape, key) ? shape[key] : undefined
    if (inner === undefined) {
      if (!loss.any && !isEmpty(value[key])) loss.any = true
      continue
    }
    const result = pick(inner, value[key], loss)
    if (result === undefined) continue
    picked ??= {}
    picked[key] = result
  }
  return picked
}

function pickElements(
  shape: Shape | LeafType,
  values: readonly unknown[],
  loss: Loss,
): readonly unknown[] | undefined {
  const picked: unknown[] = []
  for (const value of values) {
    const result = pick(shape, value, loss)
    if (Array.isArray(result)) picked.push(...result)
    else if (result !== undefined) picked.push(result)
  }
  return picked.length === 0 ? undefined : picked
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true
  if (typeof value !== 'object') return false
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0
}

const isText = (value: unknown): boolean => typeof value === 'string'

const isOfType: Readonly<Record<LeafType, (value: unknown) => boolean>> = {
  keyword: isText,
  text: isText,
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31,
  date: isDate,
}

const timeText = /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/

/** As Kubernetes writes times. Elasticsearch takes no others, and none that the calendar does not have. */
function isDate(value: unknown): boolean {
  const parts = typeof value === 'string' ? timeText.exec(value) : null
  if (parts === null) return false
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  return day >= 1 && day <= (daysOf[month - 1] ?? 0) && (month !== 2 || day < 29 || isLeap(year))
}

const daysOf = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}
