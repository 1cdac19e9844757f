import { findAssignments, findHeaders } from './assignments.ts'
import type { Span } from './marker.ts'
import { findPatterns } from './patterns.ts'

/** Says that what follows is, or belongs to, something that holds secrets. */
const secretiveWord =
  /secrets?["'\\\s,}]|configmaps?["'\\\s,}]|tokenreviews?["'\\\s,}]|tokenrequest|certificatesigningrequest|serviceaccounts\/[^\s"]{1,253}\/token/i
const secretiveManifest =
  /kind["']?[ \t]{0,4}:[ \t]{0,4}["']?(?:secret|configmap|tokenre(?:view|quest)|certificatesigningrequest)/i
const bodyKey = /(?:request|response)Object["\\]{0,4}[ \t]{0,4}:/
const longBase64 = /[A-Za-z0-9+/]{32,}={0,2}/g

/**
 * What has to go from text whose structure is not known: damaged JSON, YAML, anything. Beside the patterns these are the
 * values of names of credentials, long base64, and of an event about secrets all that comes after its metadata.
 */
export function findInUndecoded(text: string): readonly Span[] {
  const spans = [
    ...findPatterns(text),
    ...findAssignments(text, 'equals and colons'),
    ...findHeaders(text),
    ...findLongBase64(text),
  ]
  const body = bodyKey.exec(text)
  if (body !== null && secretiveWord.test(text)) {
    spans.push({ start: body.index + body[0].length, end: text.length })
  }
  return spans
}

/** Text, YAML for example, that says of itself that it is an object that holds secrets. */
export function isSecretiveText(text: string): boolean {
  return secretiveManifest.test(text)
}

/** Paths and words are of the same letters, but have no capitals and digits in them. */
function findLongBase64(text: string): readonly Span[] {
  const spans: Span[] = []
  longBase64.lastIndex = 0
  for (let match = longBase64.exec(text); match !== null; match = longBase64.exec(text)) {
    const value = match[0]
    if (/[A-Z]/.test(value) && /[a-z]/.test(value) && /[0-9+/=]/.test(value)) {
      spans.push({ start: match.index, end: match.index + value.length })
    }
  }
  return spans
}
