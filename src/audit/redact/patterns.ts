import { markerEnd, type Span } from './marker.ts'

/**
 * Credentials that are recognised by their look, wherever they stand in a byte string. All searches are linear: what was
 * looked at in vain is not looked at again, or only a bounded part of it.
 */
export function findPatterns(text: string): Span[] {
  const spans: Span[] = []
  findJsonWebTokens(text, spans)
  findSchemes(text, spans)
  findPrivateKeys(text, spans)
  findEncodedPrivateKeys(text, spans)
  findUserInfo(text, spans)
  return spans
}

/** How base64 begins that encodes a JSON object: `{"` or `{ `. */
const jsonStart = /ey[JA]/g
const shortestTokenPart = 10

/**
 * `header.payload.signature` of RFC 7515, the signature being optional (it may be empty, or cut off), and the five
 * parts of an encrypted one.
 */
function findJsonWebTokens(text: string, spans: Span[]): void {
  jsonStart.lastIndex = 0
  for (let match = jsonStart.exec(text); match !== null; match = jsonStart.exec(text)) {
    const start = match.index
    let end = base64UrlEnd(text, start)
    const isToken = end - start >= shortestTokenPart && text[end] === '.'
    if (isToken && base64UrlEnd(text, end + 1) > end + 1) {
      for (let part = 1; part < 5 && text[end] === '.'; part++) end = base64UrlEnd(text, end + 1)
      spans.push({ start, end })
    }
    jsonStart.lastIndex = end
  }
}

function base64UrlEnd(text: string, from: number): number {
  let i = from
  while (i < text.length && isBase64Url(text.charCodeAt(i))) i++
  return i
}

function isBase64Url(code: number): boolean {
  return isAlphanumeric(code) || code === 0x2d || code === 0x5f
}

function isAlphanumeric(code: number): boolean {
  const letter = code | 0x20
  return (code >= 0x30 && code <= 0x39) || (letter >= 0x61 && letter <= 0x7a)
}

const scheme = /(?<![A-Za-z0-9])(bearer|basic)[ \t+]{1,8}(?=[A-Za-z0-9._~+/=-])/gi

/** What follows `bearer` and `basic` in prose. */
const prose: ReadonlySet<string> = new Set(
  (
    'a access account an and api are as at auth authenticated authentication authenticator authorization by ' +
    'challenge credential credentials error failed for from has header in invalid is missing not of on only or ' +
    'realm required scheme that the to token tokens type user users was were with'
  ).split(' '),
)

/** The credential of an `Authorization` header: RFC 6750 and RFC 7617. The scheme stays. */
function findSchemes(text: string, spans: Span[]): void {
  scheme.lastIndex = 0
  for (let match = scheme.exec(text); match !== null; match = scheme.exec(text)) {
    const start = scheme.lastIndex
    if (markerEnd(text, start) > start) continue
    let end = start
    while (end < text.length && isToken68(text.charCodeAt(end))) end++
    scheme.lastIndex = end
    const value = text.slice(start, end)
    if (
      prose.has(
        value
          .slice(0, 32)
          .toLowerCase()
          .replace(/[.=-]+$/, ''),
      )
    )
      continue
    // "basic" is a common word; base64 of user and password holds more than small letters.
    if (match[1]!.toLowerCase() === 'basic' && !/[0-9=+/]|.[A-Z]/.test(value)) continue
    spans.push({ start, end })
  }
}

function isToken68(code: number): boolean {
  return (
    isBase64Url(code) ||
    code === 0x2e ||
    code === 0x7e ||
    code === 0x2b ||
    code === 0x2f ||
    code === 0x3d
  )
}

const longestPemLabel = 64

/** PEM private keys of any type (RFC 7468), up to the end of the text if that has been cut. Certificates stay. */
function findPrivateKeys(text: string, spans: Span[]): void {
  let at = text.indexOf('-----BEGIN ')
  while (at >= 0) {
    const label = text.slice(at + 11, at + 11 + longestPemLabel)
    const labelEnd = label.indexOf('-----')
    let from = at + 11
    if ((labelEnd < 0 ? label : label.slice(0, labelEnd)).includes('PRIVATE KEY')) {
      const close = text.indexOf('-----END ', from)
      const closeEnd = close < 0 ? -1 : text.indexOf('-----', close + 9)
      from = closeEnd < 0 ? text.length : closeEnd + 5
      spans.push({ start: at, end: from })
    }
    at = text.indexOf('-----BEGIN ', from)
  }
}

const encodedPem = 'LS0tLS1CRUdJTi'

/** The same in base64, as a kubeconfig has them. */
function findEncodedPrivateKeys(text: string, spans: Span[]): void {
  let at = text.indexOf(encodedPem)
  while (at >= 0) {
    let end = at
    while (end < text.length && isToken68(text.charCodeAt(end))) end++
    const label = Buffer.from(text.slice(at, at + 104), 'base64').toString('latin1')
    if (label.includes('PRIVATE KEY')) spans.push({ start: at, end })
    at = text.indexOf(encodedPem, end)
  }
}

/** A user that is longer than this is a token. */
const longestUserName = 19

/** The password of `scheme://user:password@host` (RFC 3986 §3.2.1), or a user that must be a token. */
function findUserInfo(text: string, spans: Span[]): void {
  let at = text.indexOf('://')
  while (at >= 0) {
    const start = at + 3
    // A marker has colons of its own.
    const from = markerEnd(text, start)
    let end = from
    let atSign = -1
    let colon = -1
    while (end < text.length && !isAuthorityEnd(text.charCodeAt(end))) {
      const code = text.charCodeAt(end)
      if (code === 0x40) atSign = end
      else if (code === 0x3a && colon < 0) colon = end
      end++
    }
    const userEnd = colon >= 0 && colon < atSign ? colon : atSign
    if (from === start && userEnd - start > longestUserName) spans.push({ start, end: userEnd })
    if (userEnd + 1 < atSign) spans.push({ start: userEnd + 1, end: atSign })
    at = text.indexOf('://', end)
  }
}

/** `/ ? #`, white space, quotes and angle brackets. */
function isAuthorityEnd(code: number): boolean {
  return (
    code <= 0x20 ||
    code === 0x2f ||
    code === 0x3f ||
    code === 0x23 ||
    code === 0x22 ||
    code === 0x27 ||
    code === 0x3c ||
    code === 0x3e ||
    code === 0x60
  )
}
