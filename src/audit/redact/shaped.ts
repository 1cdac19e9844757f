import { readCertificateRequest } from '../certificates/certificate-request.ts'
import type { Document } from './document.ts'
import { isMarker, markerEnd, type RedactionKind } from './marker.ts'
import { certificateRequestNames, drop, lastApplied, type Shape, shapeAt } from './shapes.ts'

/** Takes out of a value all that its shape does not let stay. */
export function redactShaped(document: Document, row: number, shape: Shape): void {
  redact(document, row, shape, 'body')
}

function redact(document: Document, row: number, shape: Shape, kind: RedactionKind): void {
  switch (shape.kind) {
    case 'text':
      document.cutPatternsBelow(row)
      break
    case 'message':
      redactMessage(document, row)
      break
    case 'drop':
      document.cut(row, kind)
      break
    case 'certificateRequest':
      redactCertificateRequest(document, row, kind)
      break
    case 'keys':
    case 'fields':
      if (document.isArray(row)) {
        for (const child of document.children(row)) redact(document, child, shape, kind)
      } else if (!document.isObject(row)) {
        const mayStay = shape.kind === 'fields' && shape.texts.has(document.text(row).bytes)
        if (!mayStay) document.cut(row, kind)
      } else redactMembers(document, row, shape)
  }
}

/** Redacted before, it is an object with the marker and the names: these stay. Anything else that is no text goes. */
function redactCertificateRequest(document: Document, row: number, kind: RedactionKind): void {
  const isRedacted = document
    .children(row)
    .some((child) => document.key(child) === 'redacted' && isMarker(document.text(child).bytes))
  if (document.isObject(row) && isRedacted) redact(document, row, certificateRequestNames, kind)
  else document.cutKeeping(row, kind, readCertificateRequest)
}

function redactMembers(
  document: Document,
  row: number,
  shape: Extract<Shape, { kind: 'keys' | 'fields' }>,
): void {
  const children = document.children(row)
  const keys = children.map((child) => document.key(child))
  const paths = children.filter((child, i) => keys[i] === 'path' && document.isString(child))
  const isPatch = keys.includes('op') && paths.length > 0
  for (const [i, child] of children.entries()) {
    const key = keys[i]!
    document.cutPatternsOfKey(child)
    const kind = key === lastApplied ? 'last-applied' : 'body'
    redact(
      document,
      child,
      isPatch && key === 'value' ? patched(document, paths, shape) : below(shape, key),
      kind,
    )
  }
}

/** The shape of what an operation of a JSON patch sets. One with two paths is not to be trusted. */
function patched(document: Document, paths: readonly number[], shape: Shape): Shape {
  return paths.length === 1 ? shapeAt(shape, document.text(paths[0]!).bytes) : drop
}

function below(shape: Extract<Shape, { kind: 'keys' | 'fields' }>, key: string): Shape {
  return shape.kind === 'keys' ? shape.value : (shape.fields.get(key) ?? shape.other)
}

/**
 * A message stays but for what it quotes of a refused body: `Invalid value: "…"` (apimachinery, validation/field), and the
 * surroundings of an error in JSON, `error found in #10 byte of ...|…|...` (json-iterator, in servers before 1.23).
 */
export function redactMessage(document: Document, row: number): void {
  if (!document.isString(row)) {
    redact(document, row, drop, 'body')
    return
  }
  const text = document.text(row)
  const spans = []
  const quote = /Invalid value: |Unsupported value: |Duplicate value: |error found in #/g
  for (let match = quote.exec(text.bytes); match !== null; match = quote.exec(text.bytes)) {
    const start = quote.lastIndex
    const end = match[0].startsWith('error') ? text.bytes.length : quotedEnd(text.bytes, start)
    spans.push({ start, end })
    quote.lastIndex = end
  }
  if (spans.length > 0) document.cutSpans(text, spans, 'body')
  else document.cutPatterns(row)
}

/** A quoted value ends with its quote; an object of Go has no such end, so the rest of the message goes. */
function quotedEnd(text: string, start: number): number {
  const marked = markerEnd(text, start)
  if (marked > start) return marked
  if (text[start] !== '"') return text.length
  let i = start + 1
  while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1
  return Math.min(i + 1, text.length)
}
