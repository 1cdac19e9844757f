import { findAssignments } from './assignments.ts'
import { findInCommand } from './command.ts'
import type { Document } from './document.ts'
import { isCredentialHeader, isCredentialName } from './names.ts'
import { findPatterns } from './patterns.ts'
import {
  COMMAND,
  CONTENT,
  CREDENTIAL,
  CREDENTIAL_VALUE,
  commandKeys,
  KIND,
  LAST_APPLIED,
  NAME,
  NAME_MAP,
  OP,
  PATH,
  rolesOf,
  VALUE,
} from './roles.ts'
import { redactShaped } from './shaped.ts'
import { isSecretiveKind, secretive } from './shapes.ts'

/** Containers in one another, and documents in strings of others, beyond which a value goes whole. */
const maxDepth = 256
const maxNesting = 4
/** Down to here a value that is not DEEP ends before it goes whole. */
const glanceDepth = 200

/** Takes the credentials out of a body, or a part of one, that is not itself a secret. */
export function redactOrdinary(document: Document, row: number, depth = 0): void {
  if (depth > glanceDepth || !document.isPlain(row)) redactThoroughly(document, row, depth)
}

/** The same without the glance at what the tape has noted. */
export function redactThoroughly(document: Document, row: number, depth: number): void {
  if (depth > maxDepth) document.cut(row, 'body')
  else if (document.isObject(row)) redactObject(document, row, depth)
  else if (document.isArray(row)) {
    const end = document.next(row)
    for (let child = row + 1; child < end; child = document.next(child)) {
      redactOrdinary(document, child, depth + 1)
    }
  } else if (document.isString(row)) redactString(document, row, depth)
}

function redactObject(document: Document, row: number, depth: number): void {
  const end = document.next(row)
  let roles = 0
  for (let child = row + 1; child < end; child = document.next(child)) {
    roles |= document.roles(child)
  }
  if ((roles & KIND) !== 0 && holdsSecrets(document, row, roles)) {
    redactShaped(document, row, secretive)
    return
  }
  if ((roles & COMMAND) !== 0) redactCommands(document, row)
  const hasValue = (roles & VALUE) !== 0
  const pointers = hasValue && (roles & OP) !== 0 ? textsOf(document, row, PATH) : []
  const names = hasValue && (roles & NAME) !== 0 ? textsOf(document, row, NAME) : []
  for (let child = row + 1; child < end; child = document.next(child)) {
    document.cutPatternsOfKey(child)
    const childRoles = document.roles(child)
    if ((childRoles & COMMAND) !== 0) continue
    if ((childRoles & VALUE) !== 0 && pointers.length > 0) {
      for (const pointer of pointers) redactPatched(document, child, pointer, depth)
    } else if ((childRoles & VALUE) !== 0 && names.length > 0 && document.isString(child)) {
      for (const name of names) redactNamed(document, child, name, depth)
    } else redactMember(document, child, childRoles, depth)
  }
}

/** The texts under keys of a role. A key may be there twice, and which one counts depends on who reads it: all do. */
function textsOf(document: Document, row: number, role: number): readonly string[] {
  return document
    .children(row)
    .filter((child) => (document.roles(child) & role) !== 0 && document.isString(child))
    .map((child) => document.text(child).bytes)
}

/** A kind that holds secrets, whoever put it here; but not where only a reference to such an object says its kind. */
function holdsSecrets(document: Document, row: number, roles: number): boolean {
  return (
    textsOf(document, row, KIND).some(isSecretiveKind) &&
    ((roles & CONTENT) !== 0 ||
      document.children(row).some((child) => document.isObject(child) || document.isArray(child)))
  )
}

/** A value under a key of some roles. */
function redactMember(document: Document, row: number, roles: number, depth: number): void {
  if ((roles & LAST_APPLIED) !== 0) redactLastApplied(document, row, depth)
  else if ((roles & NAME_MAP) !== 0) document.cutPatternsBelow(row)
  else if ((roles & CREDENTIAL) !== 0) redactCredential(document, row, depth)
  else redactOrdinary(document, row, depth + 1)
}

/** A value under the name of a credential: texts go; what is in an object has names of its own. */
function redactCredential(document: Document, row: number, depth: number): void {
  if (document.isString(row) || document.isNumber(row)) document.cut(row, 'body')
  else if (document.isArray(row)) {
    for (const child of document.children(row)) redactCredential(document, child, depth + 1)
  } else {
    for (const child of document.children(row)) {
      if ((rolesOf(document.key(child)) & CREDENTIAL_VALUE) !== 0 && document.isString(child)) {
        document.cut(child, 'body')
      }
    }
    redactOrdinary(document, row, depth + 1)
  }
}

/** The value of an environment variable, a header, a parameter: anything with a name beside it. */
function redactNamed(document: Document, row: number, name: string, depth: number): void {
  if (isCredentialName(name) || isCredentialHeader(name)) document.cut(row, 'environment')
  else if (document.mayHoldJson(row)) redactString(document, row, depth)
  else {
    const text = document.text(row)
    const spans = [...findAssignments(text.bytes, 'equals'), ...findPatterns(text.bytes)]
    document.cutSpans(text, spans, 'environment')
  }
}

/** The value of an operation of a JSON patch (RFC 6902), by the name at the end of its pointer. */
function redactPatched(document: Document, row: number, pointer: string, depth: number): void {
  const tokens = pointer
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
  const key = tokens.findLast((token) => !/^(?:-|\d{1,9})$/.test(token)) ?? ''
  // Which variable it is, the operation does not say.
  if (key === 'value' && tokens.includes('env')) document.cut(row, 'environment')
  else if ((rolesOf(key) & COMMAND) !== 0) {
    redactWords(document, wordRows(document, row))
    redactOtherWords(document, row)
  } else redactMember(document, row, rolesOf(key), depth)
}

/** The words of all keys together: the program may be in one, and its flags in another. */
function redactCommands(document: Document, row: number): void {
  const order: readonly string[] = commandKeys
  const rows = document
    .children(row)
    .filter((child) => (document.roles(child) & COMMAND) !== 0)
    .map((child) => ({ child, rank: order.indexOf(document.key(child)) }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ child }) => child)
  redactWords(
    document,
    rows.flatMap((child) => wordRows(document, child)),
  )
  for (const child of rows) redactOtherWords(document, child)
}

/** What is no text where words should be. */
function redactOtherWords(document: Document, row: number): void {
  if (document.isObject(row)) redactOrdinary(document, row)
  for (const child of document.isArray(row) ? document.children(row) : []) {
    if (!document.isString(child)) redactOrdinary(document, child)
  }
}

function redactWords(document: Document, rows: readonly number[]): void {
  if (rows.length === 0) return
  const words = rows.map((row) => document.text(row))
  for (const [i, spans] of findInCommand(words.map((word) => word.bytes)).entries()) {
    document.cutSpans(words[i]!, spans, 'command')
  }
}

/** The words of a command; a single text is one too. */
function wordRows(document: Document, row: number): readonly number[] {
  if (document.isString(row)) return [row]
  if (!document.isArray(row)) return []
  return document.children(row).filter((child) => document.isString(child))
}

/** The object as a client had it, in a string; as a body it is redacted like one. What is no JSON goes whole. */
function redactLastApplied(document: Document, row: number, depth: number): void {
  if (!redactJsonIn(document, row, depth)) document.cut(row, 'last-applied')
}

function redactString(document: Document, row: number, depth: number): void {
  if (document.mayHoldJson(row) && redactJsonIn(document, row, depth)) return
  document.cutPatterns(row)
}

/** Redacts the JSON in a string as if it were a body; false if it holds none. */
export function redactJsonIn(document: Document, row: number, depth = 0): boolean {
  const inner = document.nested(row)
  if (inner === undefined) return false
  if (inner.nesting > maxNesting) document.cut(row, 'body')
  else {
    redactOrdinary(inner, 0, depth + 1)
    document.adopt(row, inner)
  }
  return true
}
