import type { Span } from './marker.ts'
import { isCredentialHeader, isCredentialName } from './names.ts'

/** `=` in commands, variables and selectors; in text that nobody could decode also `name: value`. */
export type Separators = 'equals' | 'equals and colons'

/** A name of at most 64 characters, its closing quote, `=`, `==`, `!=` or `:`, and the opening quote of the value. */
const assignment =
  /(?<![A-Za-z0-9_.])([A-Za-z_][A-Za-z0-9_.-]{0,63})(\\{0,4}["']?)[ \t]{0,4}(?:([!=]?=)|:)[ \t]{0,4}(\\{0,4}["'])?/g

/** The values in `name=value`, `"name": "value"` and the like where the name is that of a credential. */
export function findAssignments(text: string, separators: Separators): Span[] {
  const spans: Span[] = []
  assignment.lastIndex = 0
  for (let match = assignment.exec(text); match !== null; match = assignment.exec(text)) {
    const [, name, nameQuote, equals, quote] = match
    const isColon = equals === undefined
    if (isColon && separators === 'equals' && nameQuote === '') continue
    if (!isCredentialName(name!)) continue
    const start = assignment.lastIndex
    const end = valueEnd(text, start, quote)
    // An object has names of its own.
    if (text[start] === '{' && quote === undefined) continue
    if (end > start && !isReference(text.slice(start, Math.min(end, start + 80)))) {
      spans.push({ start, end })
      assignment.lastIndex = end
    }
  }
  return spans
}

/** The variable of a shell or of a pod's environment: where the value comes from, not the value. */
export function isReference(value: string): boolean {
  return /^\$(?:[A-Z_][A-Z0-9_]*|\{[A-Z_][A-Z0-9_]*\}|\([A-Z_][A-Z0-9_]*\))$/.test(value)
}

const header = /(?<![A-Za-z0-9_-])([A-Za-z][A-Za-z0-9-]{0,63})[ \t]{0,4}:[ \t]{0,4}/g

/** The values of HTTP headers that carry a credential, to the end of the quotes or of the line. */
export function findHeaders(text: string): Span[] {
  const spans: Span[] = []
  header.lastIndex = 0
  for (let match = header.exec(text); match !== null; match = header.exec(text)) {
    if (!isCredentialHeader(match[1]!)) continue
    // The scheme stays; what follows it goes whatever it looks like.
    const start = header.lastIndex + schemeLength(text, header.lastIndex)
    let end = start
    while (end < text.length && !isLineEnd(text.charCodeAt(end))) end++
    while (end > start && text[end - 1] === ' ') end--
    if (end > start && !isReference(text.slice(start, Math.min(end, start + 80)))) {
      spans.push({ start, end })
    }
    header.lastIndex = Math.max(end, header.lastIndex)
  }
  return spans
}

function schemeLength(text: string, at: number): number {
  return (
    /^(?:bearer|basic|token|digest|negotiate)[ \t]+/i.exec(text.slice(at, at + 24))?.[0].length ?? 0
  )
}

/** Quotes, a backslash before one, line breaks. */
function isLineEnd(code: number): boolean {
  return code < 0x20 || code === 0x22 || code === 0x27 || code === 0x5c
}

/** A quoted value ends with its quote, another one where the shell, a query or a list would end it. */
function valueEnd(text: string, start: number, quote: string | undefined): number {
  if (quote !== undefined) {
    const close = text.indexOf(quote, start)
    return close < 0 ? text.length : close
  }
  let end = start
  while (end < text.length && !isValueEnd(text.charCodeAt(end))) end++
  if (end !== start + 1 || text[start] !== '[') return end
  const close = text.indexOf(']', start)
  return close < 0 ? text.length : close + 1
}

/** White space, quotes, backslash, and `& ; , | < > ) }` and the backquote; not a bracket: markers have one. */
function isValueEnd(code: number): boolean {
  switch (code) {
    case 0x22:
    case 0x26:
    case 0x27:
    case 0x29:
    case 0x2c:
    case 0x3b:
    case 0x3c:
    case 0x3e:
    case 0x5c:
    case 0x60:
    case 0x7c:
    case 0x7d:
      return true
    default:
      return code <= 0x20
  }
}
