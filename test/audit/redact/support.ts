import {
  createRedactor,
  type ItemHints,
  type Redactor,
} from '../../../src/audit/redact/redactor.ts'

export function newRedactor(key = 'a key of the tests'): Redactor {
  return createRedactor({ key: Buffer.from(key) })
}

/** What a splitter would say of one item. */
export function hintsOf(bytes: Buffer): ItemHints {
  const name = '"requestURI":"'
  const at = bytes.indexOf(name)
  const uriStart = at < 0 ? 0 : at + name.length
  const hasBody = bytes.includes('"requestObject":') || bytes.includes('"responseObject":')
  return { uriStart, uriEnd: at < 0 ? 0 : bytes.indexOf('"', uriStart), hasBody }
}

/** One item through a redactor, as text; the same text when nothing was taken out. */
export function redactedText(item: string, redactor = newRedactor()): string {
  const bytes = Buffer.from(item)
  const redacted = redactor.redactItem(bytes, 0, bytes.length, hintsOf(bytes))
  return redacted === undefined ? item : Buffer.from(redacted).toString('utf8')
}

/** The same for an event as an object. Parsed JSON: the test knows what it put in. */
export function redactedEvent(event: object, redactor = newRedactor()): Record<string, unknown> {
  return JSON.parse(redactedText(JSON.stringify(event), redactor)) as Record<string, unknown>
}

/** A body in a request for a resource, after redaction, with every marker as its length alone. */
export function redactedBody(body: unknown, resource = 'pods', subresource = ''): unknown {
  const event = { auditID: '1', objectRef: { resource, subresource }, requestObject: body }
  return withoutHashes(redactedEvent(event)['requestObject'])
}

/** A requestURI after redaction, likewise. */
export function redactedUri(uri: string): unknown {
  return withoutHashes(redactedEvent({ auditID: '1', requestURI: uri })['requestURI'])
}

export function withoutHashes(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(/redacted:(\d+):[0-9a-f]{12}/g, 'redacted:$1'))
}
