import { Buffer } from 'node:buffer'
import { ManifestSyntaxError, type ManifestValue } from './document.ts'

const booleans: ReadonlyMap<string, boolean> = new Map(
  [
    [true, 'y Y yes Yes YES true True TRUE on On ON'],
    [false, 'n N no No NO false False FALSE off Off OFF'],
  ].flatMap(([value, words]) =>
    String(words)
      .split(' ')
      .map((word) => [word, value === true]),
  ),
)
const nulls = new Set(['', '~', 'null', 'Null', 'NULL'])
const notFinite = /^(?:\.(?:nan|NaN|NAN)|[-+]?\.(?:inf|Inf|INF))$/
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/
const tagPrefix = 'tag:yaml.org,2002:'
const limits = { smallest: -(2n ** 63n), largest: 2n ** 64n - 1n }

/**
 * A plain or tagged scalar as the API server's YAML library reads it: YAML 1.1 without sexagesimal numbers, in which
 * dates stay text (go-yaml v2, `resolve.go`). Quoted and untagged scalars are text and do not come here.
 */
export function resolveScalar(
  source: string,
  tag: string | undefined,
  offset: number,
): ManifestValue {
  const short = tag?.startsWith(tagPrefix) ? tag.slice(tagPrefix.length) : tag
  if (short === undefined) return untagged(source, offset)
  if (short === 'str') return { kind: 'text', text: source, offset }
  if (short === 'binary') return { kind: 'text', text: decodeBase64(source, offset), offset }
  if (!['bool', 'int', 'float', 'null', 'timestamp'].includes(short))
    return { kind: 'text', text: source, offset }
  const value = untagged(source, offset)
  if (isOfTag(value, short, source)) return value
  throw new ManifestSyntaxError(offset, 'yaml.tag', `\`${source}\` cannot be read as !!${short}`)
}

function untagged(source: string, offset: number): ManifestValue {
  if (nulls.has(source)) return { kind: 'null', offset }
  const boolean = booleans.get(source)
  if (boolean !== undefined) return { kind: 'boolean', boolean, offset }
  if (notFinite.test(source))
    throw new ManifestSyntaxError(
      offset,
      'yaml.number',
      `\`${source}\` is a number that JSON lacks; put it in quotes`,
    )
  const text = /^[-+0-9]/.test(source)
    ? numberText(source.replaceAll('_', ''))
    : source.startsWith('.')
      ? floatText(source)
      : undefined
  return text === undefined
    ? { kind: 'text', text: source, offset }
    : { kind: 'number', text, offset }
}

function numberText(plain: string): string | undefined {
  const integer = integerOf(plain)
  return integer === undefined ? floatText(plain) : String(integer)
}

/** Go's `strconv.ParseInt` with base 0, then `ParseUint`. */
function integerOf(plain: string): bigint | undefined {
  const match = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/.exec(plain)
  if (match === null) return undefined
  const [, sign, digits] = match
  if (digits === undefined) return undefined
  const octal = /^0[oO]?([0-7]+)$/.exec(digits)
  const size = BigInt(octal === null ? digits : `0o${octal[1]}`)
  const value = sign === '-' ? -size : size
  // An unsigned number beyond 2^63 takes no sign.
  const isTooLarge = value > limits.largest || (sign !== '' && value >= 2n ** 63n)
  return value < limits.smallest || isTooLarge ? undefined : value
}

function floatText(plain: string): string | undefined {
  if (!float.test(plain)) return undefined
  const value = Number(plain)
  if (!Number.isFinite(value)) return undefined
  return Object.is(value, -0) ? '-0' : String(value)
}

function isOfTag(value: ManifestValue, tag: string, source: string): boolean {
  if (value.kind === 'null') return tag === 'null'
  if (value.kind === 'boolean') return tag === 'bool'
  if (value.kind === 'number')
    return tag === 'float' || (tag === 'int' && integerOf(source.replaceAll('_', '')) !== undefined)
  return tag === 'timestamp' && /^\d{4}-\d{1,2}-\d{1,2}(?:$|[Tt ])/.test(source)
}

function decodeBase64(source: string, offset: number): string {
  const compact = source.replaceAll(/[\r\n]/g, '')
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact))
    throw new ManifestSyntaxError(offset, 'yaml.tag', '!!binary is followed by what is no base64')
  return Buffer.from(compact, 'base64').toString()
}
