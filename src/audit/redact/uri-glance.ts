const offset = 0x811c9dc5 | 0
const prime = 0x01000193

const harmlessParameters: ReadonlySet<number> = new Set(
  [
    'allowWatchBookmarks',
    'container',
    'continue',
    'dryRun',
    'exclude',
    'fieldManager',
    'fieldSelector',
    'fieldValidation',
    'follow',
    'force',
    'gracePeriodSeconds',
    'includeObject',
    'labelSelector',
    'limit',
    'pretty',
    'propagationPolicy',
    'resourceVersion',
    'resourceVersionMatch',
    'sendInitialEvents',
    'tailLines',
    'timeout',
    'timeoutSeconds',
    'verbose',
    'watch',
  ].map((name) => hashOf(name)),
)

/** A piece of each name of a credential, and escapes that may hide a letter or another escape. */
const suspicious =
  /pass|pwd|secret|token|cred|key|jwt|dsn|dockerc|auth|cookie|bearer|basic|eyj|ewo|begin|:\/\/|%(?:25|[4-7])|(?:%3a|:)(?:%2f|\/)/i

const QUESTION = 0x3f
const PERCENT = 0x25
const EQUALS = 0x3d
const AMPERSAND = 0x26
const BACKSLASH = 0x5c
const PLUS = 0x2b
const COLON = 0x3a

/**
 * Whether a `requestURI` is worth a thorough look, apart from the patterns that are searched for in the whole body.
 * Nearly all have no query, or one of parameters that say how to watch and when to give up.
 */
export function mayHoldCredential(view: DataView, start: number, end: number): boolean {
  let i = start
  // Four bytes at once, as long as none of them matters.
  while (i + 4 <= end && !hasSpecialByte(view.getInt32(i, true))) i += 4
  for (; i < end; i++) {
    const byte = view.getUint8(i)
    if (byte === QUESTION) return mayQueryHold(view, i + 1, end)
    if (byte === PERCENT || byte === EQUALS) return true
  }
  return false
}

/**
 * Whether a thorough look at a URL would find nothing, apart from the patterns that are searched for in a whole item: its path has
 * no escapes, signs or white space, and its query, which may have escapes, is harmless.
 */
export function isPlainUrl(view: DataView, start: number, end: number): boolean {
  let isQuery = false
  for (let i = start; i < end; i++) {
    const byte = view.getUint8(i)
    if (byte <= 0x20 || byte === COLON) return false
    if (isQuery) continue
    if (byte === PERCENT || byte === EQUALS || byte === PLUS || byte === BACKSLASH) return false
    if (byte !== QUESTION) continue
    if (mayQueryHold(view, i + 1, end)) return false
    isQuery = true
  }
  return true
}

/** One of the four is `?`, `%` or `=`. */
function hasSpecialByte(word: number): boolean {
  const question = word ^ 0x3f3f3f3f
  const percent = word ^ 0x25252525
  const equals = word ^ 0x3d3d3d3d
  const zeros =
    ((question - 0x01010101) & ~question) |
    ((percent - 0x01010101) & ~percent) |
    ((equals - 0x01010101) & ~equals)
  return (zeros & 0x80808080) !== 0
}

function mayQueryHold(view: DataView, queryStart: number, end: number): boolean {
  let hasCompoundValue = false
  let i = queryStart
  while (i < end) {
    let hash = offset
    for (; i < end; i++) {
      const byte = view.getUint8(i)
      if (byte === EQUALS || byte === BACKSLASH || byte === AMPERSAND) break
      hash = Math.imul(hash ^ byte, prime)
    }
    if (!harmlessParameters.has(hash)) return true
    let byte = EQUALS
    for (i++; i < end; i++) {
      byte = view.getUint8(i)
      if (byte === AMPERSAND || byte === BACKSLASH) break
      if (byte === PERCENT || byte === EQUALS || byte === PLUS) hasCompoundValue = true
    }
    if (i < end && byte === BACKSLASH) {
      if (!isEscapedAmpersand(view, i, end)) return true
      i += 6
    } else i++
  }
  return hasCompoundValue && isSuspicious(view, queryStart, end)
}

/** Values that hold more than a word: selectors, which are common. */
function isSuspicious(view: DataView, start: number, end: number): boolean {
  const query = Buffer.from(view.buffer, view.byteOffset + start, end - start)
  return suspicious.test(query.toString('latin1'))
}

/** `\u0026`, as Go's encoder writes it. */
function isEscapedAmpersand(view: DataView, i: number, end: number): boolean {
  return i + 6 <= end && view.getUint16(i) === 0x5c75 && view.getUint32(i + 2) === 0x30303236
}

/** FNV-1a, which none of the names of credentials shares with a harmless one. */
function hashOf(name: string): number {
  let hash = offset
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), prime)
  return hash
}
