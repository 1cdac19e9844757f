import { findAssignments, findHeaders } from './assignments.ts'
import { findInCommand } from './command.ts'
import { isMarker, mergedSpans, type Span } from './marker.ts'
import { isCredentialParameter } from './names.ts'
import { findPatterns } from './patterns.ts'
import { percentDecoded, placeOf, type Text } from './text.ts'

/** What has to go from a URL, in places of its encoded form; `value` is as it is meant, decoded once. */
export interface UrlFinding extends Span {
  readonly value: string
}

/** Encodings of encodings that are looked through. */
const maxLevels = 4

interface Parameter {
  readonly name: string
  readonly value: Text
  readonly isNamed: boolean
}

/**
 * The credentials in a `requestURI`. Values of parameters with the name of a credential go whole; of all other parts, the
 * path too, only what is a credential in them. The words of `command` parameters are read together, as one command.
 */
export function findInUrl(url: Text): readonly UrlFinding[] {
  const question = url.bytes.indexOf('?')
  const pathEnd = question < 0 ? url.bytes.length : question
  const spans = findAtAllLevels(piece(url, 0, pathEnd), 'plus')
  if (question >= 0) {
    const parameters = parametersOf(url, question + 1)
    for (const { name, value, isNamed } of parameters) {
      if (isNamed && isCredentialParameter(name)) {
        spans.push({ start: placeOf(value, 0), end: placeOf(value, value.bytes.length) })
      } else spans.push(...findAtAllLevels(value, 'space'))
    }
    spans.push(...findInCommands(parameters))
  }
  return mergedSpans(spans).flatMap((span) => findingOf(url, span))
}

function parametersOf(url: Text, start: number): readonly Parameter[] {
  const parameters: Parameter[] = []
  for (let at = start; at <= url.bytes.length; ) {
    const ampersand = url.bytes.indexOf('&', at)
    const end = ampersand < 0 ? url.bytes.length : ampersand
    const equals = url.bytes.slice(at, end).indexOf('=')
    const isNamed = equals >= 0
    const name = isNamed ? piece(url, at, at + equals) : undefined
    parameters.push({
      name: name === undefined ? '' : decodedFully(name),
      value: piece(url, isNamed ? at + equals + 1 : at, end),
      isNamed,
    })
    at = end + 1
  }
  return parameters
}

/** As exec of a pod takes its words, and run of a kubelet. */
function findInCommands(parameters: readonly Parameter[]): readonly Span[] {
  const words = parameters
    .filter(({ name }) => name === 'command' || name === 'cmd')
    .map(({ value }) => percentDecoded(value, 'space') ?? value)
  return findInCommand(words.map((word) => word.bytes)).flatMap((spans, i) =>
    spans.map((span) => placed(words[i]!, span)),
  )
}

function findAtAllLevels(text: Text, plus: 'plus' | 'space'): Span[] {
  const spans: Span[] = []
  let level: Text | undefined = text
  for (let depth = 0; level !== undefined && depth < maxLevels; depth++) {
    const current: Text = level
    const found = [
      ...findPatterns(current.bytes),
      ...findAssignments(current.bytes, 'equals'),
      ...findHeaders(current.bytes),
    ]
    spans.push(...found.map((span) => placed(current, span)))
    level = percentDecoded(current, depth === 0 ? plus : 'plus')
  }
  return spans
}

function decodedFully(text: Text): string {
  let current = text
  for (let depth = 0; depth < maxLevels; depth++) {
    const next = percentDecoded(current, 'plus')
    if (next === undefined) break
    current = next
  }
  return current.bytes
}

function placed(text: Text, { start, end }: Span): Span {
  return { start: placeOf(text, start), end: placeOf(text, end) }
}

/** A part of a text, with the places of the whole. */
function piece(text: Text, start: number, end: number): Text {
  return {
    bytes: text.bytes.slice(start, end),
    base: text.base + start,
    places: text.places?.subarray(start, end + 1),
  }
}

function findingOf(url: Text, span: Span): readonly UrlFinding[] {
  const raw = sliceAt(url, span)
  if (raw === '' || isMarker(raw)) return []
  const value = percentDecoded({ bytes: raw, base: 0, places: undefined }, 'space')?.bytes ?? raw
  return [{ ...span, value }]
}

/** The text between two places of the encoded form. */
function sliceAt(text: Text, { start, end }: Span): string {
  return text.bytes.slice(indexAt(text, start), indexAt(text, end))
}

/** The first byte of a text at or behind a place. */
function indexAt(text: Text, place: number): number {
  if (text.places === undefined) return place - text.base
  let low = 0
  let high = text.bytes.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (text.places[middle]! < place) low = middle + 1
    else high = middle
  }
  return low
}
