import { redactWords } from './command.ts'
import { isCredentialName, isCredentialVariable } from './credential-names.ts'
import { endOfString, endOfValue, membersOf, skipGaps, stringAt, textMember } from './json-bytes.ts'
import { isMarker, type Marker, type RedactionKind } from './marker.ts'
import { redactPatterns } from './patterns.ts'
import { isKept, isSensitiveKind, isSensitiveResource, type Mode, modeBelow } from './sensitive.ts'

/** Bytes of an item to replace: [start, end) by text. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

export interface WalkContext {
  readonly bytes: Uint8Array
  readonly marker: Marker
  /** An object of a sensitive kind may be nested somewhere. */
  readonly mayNestKinds: boolean
  /** Some pattern may match somewhere. */
  readonly mayMatchPatterns: boolean
  readonly edits: Edit[]
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/** Takes the secrets out of a value of an ordinary object; `key` is the member it is the value of, or that its array is. Returns its end. */
export function walkOrdinary(context: WalkContext, start: number, key: string): number {
  const { bytes } = context
  switch (bytes[start]) {
    case 0x22:
      return ordinaryString(context, start, key)
    case 0x7b:
      if (context.mayNestKinds && isSensitiveKind(textMember(bytes, start, 'kind')))
        return walkSensitive(context, start, 'checked', '')
      return ordinaryObject(context, start, key)
    case 0x5b:
      if (key === 'command' || key === 'args') return walkCommand(context, start)
      return walkArray(context, start, (at) => walkOrdinary(context, at, key))
    default:
      return endOfValue(bytes, start)
  }
}

function ordinaryObject(context: WalkContext, start: number, key: string): number {
  const { bytes } = context
  const isCredentialVariableHere =
    key === 'env' && isCredentialVariable(textMember(bytes, start, 'name') ?? '')
  return walkObject(context, start, (name, at) => {
    if (bytes[at] !== 0x22) return walkOrdinary(context, at, name)
    if (name === lastApplied) return replaceString(context, at, 'last-applied')
    if (isCredentialVariableHere && name === 'value')
      return replaceString(context, at, 'environment')
    if (isCredentialName(name)) return replaceString(context, at, 'body')
    return ordinaryString(context, at, name)
  })
}

function ordinaryString(context: WalkContext, start: number, _key: string): number {
  const end = endOfString(context.bytes, start)
  if (context.mayMatchPatterns)
    editString(context, start, end, (text) => redactPatterns(text, context.marker))
  return end
}

/** A command and its words: each keeps its shape. */
function walkCommand(context: WalkContext, start: number): number {
  const places: { start: number; end: number; text: string }[] = []
  const end = walkArray(context, start, (at) => {
    if (context.bytes[at] !== 0x22) return walkOrdinary(context, at, '')
    const stop = endOfString(context.bytes, at)
    places.push({ start: at, end: stop, text: stringAt(context.bytes, at, stop) })
    return stop
  })
  const words = redactWords(
    places.map(({ text }) => text),
    context.marker,
  )
  for (const [index, place] of places.entries()) {
    const word = words[index]
    if (word !== undefined && word !== place.text)
      context.edits.push({ start: place.start, end: place.end, text: JSON.stringify(word) })
  }
  return end
}

/** Takes out of a sensitive object everything that is not known to be harmless. Returns its end. */
export function walkSensitive(
  context: WalkContext,
  start: number,
  mode: Mode,
  key: string,
): number {
  const { bytes } = context
  switch (bytes[start]) {
    case 0x22: {
      if (key === lastApplied) return replaceString(context, start, 'last-applied')
      if (!isKept(mode, key)) return replaceString(context, start, 'body')
      const end = endOfString(bytes, start)
      editString(context, start, end, (text) => redactPatterns(text, context.marker))
      return end
    }
    case 0x7b:
      return walkObject(context, start, (name, at) =>
        walkSensitive(context, at, modeBelow(mode, name), name),
      )
    case 0x5b:
      return walkArray(context, start, (at) => walkSensitive(context, at, mode, key))
    default: {
      const end = endOfValue(bytes, start)
      // A number below `data` is as secret as a text; true, false and null tell nothing.
      if (mode === 'opaque' && isNumber(bytes[start]))
        context.edits.push({
          start,
          end,
          text: JSON.stringify(context.marker.text(rawText(bytes, start, end), 'body')),
        })
      return end
    }
  }
}

function isNumber(byte: number | undefined): boolean {
  return byte !== undefined && (byte === 0x2d || (byte >= 0x30 && byte <= 0x39))
}

/** Every string of a value through the patterns, keys left alone. Returns its end. */
export function walkPatterns(context: WalkContext, start: number): number {
  const { bytes } = context
  if (bytes[start] === 0x7b) return walkObject(context, start, (_, at) => walkPatterns(context, at))
  if (bytes[start] === 0x5b) return walkArray(context, start, (at) => walkPatterns(context, at))
  return bytes[start] === 0x22 ? ordinaryString(context, start, '') : endOfValue(bytes, start)
}

function walkObject(
  context: WalkContext,
  start: number,
  visit: (key: string, at: number) => number,
): number {
  const { bytes } = context
  let i = skipGaps(bytes, start + 1)
  while (bytes[i] === 0x22) {
    const keyEnd = endOfString(bytes, i)
    const key = stringAt(bytes, i, keyEnd)
    i = skipGaps(bytes, visit(key, skipGaps(bytes, keyEnd)))
  }
  return i + 1
}

function walkArray(context: WalkContext, start: number, visit: (at: number) => number): number {
  const { bytes } = context
  let i = skipGaps(bytes, start + 1)
  while (bytes[i] !== 0x5d && i < bytes.length) i = skipGaps(bytes, visit(i))
  return i + 1
}

function replaceString(context: WalkContext, start: number, kind: RedactionKind): number {
  const end = endOfString(context.bytes, start)
  editString(context, start, end, (text) =>
    text === '' || isMarker(text) ? text : context.marker.text(text, kind),
  )
  return end
}

export function editString(
  { bytes, edits }: WalkContext,
  start: number,
  end: number,
  change: (text: string) => string,
): void {
  const text = stringAt(bytes, start, end)
  const changed = change(text)
  if (changed !== text) edits.push({ start, end, text: JSON.stringify(changed) })
}

function rawText(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}

/** Whether any `objectRef` of an item names a sensitive resource; a key that stands there twice must not hide one. */
export function refersToSensitive(bytes: Uint8Array, start: number): boolean {
  for (const { key, valueStart } of membersOf(bytes, start)) {
    if (key !== 'objectRef' || bytes[valueStart] !== 0x7b) continue
    const resource = textMember(bytes, valueStart, 'resource')
    if (isSensitiveResource(resource, textMember(bytes, valueStart, 'subresource'))) return true
  }
  return false
}
