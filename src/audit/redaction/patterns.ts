import { isCredentialVariable } from './credential-names.ts'
import { isMarker, type Marker } from './marker.ts'

/*
 * Every expression is linear: no nested repetition, and what repeats cannot also be what follows it.
 */
const jwt = /\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){0,4}\.?/g
const scheme =
  /\b(bearer|basic|Bearer|Basic|BEARER|BASIC)((?:\s|%20|\+|:)+)(?!redacted|\[redacted)([A-Za-z0-9._~+/=%-]{8,})/g
const privateKey =
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g
const userInfo = /:\/\/([^/\s"'@:?#]{0,200}):([^/\s"'@]{1,500})@/g
const assignment = /([A-Za-z0-9_.-]{2,100})("?\s{0,3}[=:]\s{0,3}"?)(?!\s)([^\s"'&,;{}[\]]{3,})/g
const longBase64 = /\b[A-Za-z0-9+/_-]{60,}={0,2}/g

/**
 * What bytes must contain before any of the patterns of `redactPatterns` can match. Each begins with a byte that is
 * rare in audit events, which is what makes a native search fast: `@` stands for passwords in URLs, `yJ` for tokens.
 */
export const needles: readonly string[] = [
  'yJ',
  '@',
  'KEY',
  'Bearer',
  'BEARER',
  'bearer',
  'Basic',
  'BASIC',
  'basic',
]

/** Takes tokens, credentials of a scheme, private keys and passwords in URLs out of any text. */
export function redactPatterns(text: string, marker: Marker): string {
  return text
    .replace(privateKey, (value) => marker.text(value, 'pattern'))
    .replace(
      scheme,
      (_, name: string, gap: string, value: string) =>
        `${name}${gap}${marker.bare(value, 'pattern')}`,
    )
    .replace(jwt, (value) => marker.bare(value, 'pattern'))
    .replace(userInfo, (whole, user: string, value: string) =>
      isMarker(value) ? whole : `://${user}:${marker.bare(value, 'pattern')}@`,
    )
}

/** Values behind credential-like names: `password=…`, `"token": "…"`. */
export function redactAssignments(text: string, marker: Marker): string {
  return text.replace(assignment, (whole, name: string, sign: string, value: string) => {
    const word = name.replace(/^-+/, '')
    if (!isCredentialVariable(word) || isMarker(value) || value.startsWith('redacted:'))
      return whole
    return `${name}${sign}${marker.bare(value, 'pattern')}`
  })
}

/** Everything that could be a secret in a text of which nothing is known: patterns, assignments, long base64. */
export function redactUnknown(text: string, marker: Marker): string {
  return redactAssignments(redactPatterns(text, marker), marker).replace(longBase64, (value) =>
    marker.bare(value, 'pattern'),
  )
}
