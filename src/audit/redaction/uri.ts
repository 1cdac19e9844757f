import { redactWords } from './command.ts'
import { isCredentialName } from './credential-names.ts'
import { isMarker, type Marker } from './marker.ts'
import { redactAssignments, redactPatterns } from './patterns.ts'

/** Cheap test before the work: a query without any of these holds nothing to take out. Escapes may hide anything. */
export const suspiciousQuery =
  /eyJ|pass|pwd|pw=|secret|token|key|cred|auth|bearer|basic|sig|jwt|cookie|command=|%25|:\/\/|%3a%2f/i

interface Parameter {
  readonly name: string
  readonly rawValue: string | undefined
  readonly raw: string
}

/** A requestURI without its credentials: the path, the names of the parameters and their order stay. Never throws. */
export function redactUri(uri: string, marker: Marker): string {
  const cut = uri.indexOf('?')
  const path = redactPatterns(cut < 0 ? uri : uri.slice(0, cut), marker)
  if (cut < 0) return path
  const parameters = uri
    .slice(cut + 1)
    .split('&')
    .map(parse)
  const commands = parameters.filter(
    ({ name, rawValue }) => name === 'command' && rawValue !== undefined,
  )
  const before = commands.map(({ rawValue = '' }) => decode(rawValue))
  const after = redactWords(before, marker)
  let command = 0
  const query = parameters.map((parameter) => {
    if (parameter.name !== 'command' || parameter.rawValue === undefined)
      return redactParameter(parameter, marker)
    const index = command++
    return before[index] === after[index] ? parameter.raw : `command=${encode(after[index] ?? '')}`
  })
  return `${path}?${query.join('&')}`
}

function redactParameter({ name, rawValue, raw }: Parameter, marker: Marker): string {
  if (rawValue === undefined) return redactPatterns(raw, marker)
  const sign = raw.slice(0, raw.length - rawValue.length)
  const value = decode(rawValue)
  // A continue token is the API server's own base64 of JSON; only what has the dots of a JWT is none.
  if (isMarker(value) || (name === 'continue' && !value.includes('.'))) return raw
  if (name !== 'continue' && (isCredentialName(name) || isCredentialName(decode(name))))
    return `${sign}${marker.bare(rawValue, 'uri')}`
  // Encoded twice, it is still the same secret.
  const deep = decode(value)
  const clean = redactAssignments(redactPatterns(deep, marker), marker)
  return clean === deep ? raw : `${sign}${encode(clean)}`
}

function parse(raw: string): Parameter {
  const at = raw.indexOf('=')
  if (at < 0) return { name: decode(raw), rawValue: undefined, raw }
  return { name: decode(raw.slice(0, at)), rawValue: raw.slice(at + 1), raw }
}

/** Percent-decoded with `+` as a space; sequences that are no UTF-8 stay as they are. */
function decode(text: string): string {
  if (!/[%+]/.test(text)) return text
  const spaced = text.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced.replace(/(?:%[0-7][0-9a-fA-F])+/g, (run) => decodeURIComponent(run))
  }
}

/** As the API server's clients encode; the colons of a marker stay readable. */
function encode(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replaceAll('%3A', ':')
    .replaceAll('%2F', '/')
}
