import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ByteReader } from '../../../src/audit/redact/byte-reader.ts'
import { Candidates } from '../../../src/audit/redact/candidates.ts'
import { Document } from '../../../src/audit/redact/document.ts'
import { createFingerprint } from '../../../src/audit/redact/marker.ts'
import { redactThoroughly } from '../../../src/audit/redact/ordinary.ts'
import { Tape } from '../../../src/audit/redact/tape.ts'
import { listRecordings, readRecording } from '../../support/recordings.ts'

const readers: ByteReader[] = []
const redaction = {
  fingerprint: createFingerprint(Buffer.from('key')),
  count: () => undefined,
  readerAt: (nesting: number): ByteReader => {
    readers[nesting] ??= new ByteReader()
    return readers[nesting]
  },
}

/** Of each value that the glance lets pass, what a thorough look would take out. */
function passedAndFound(text: string): { passed: number; found: string[] } {
  const bytes = Buffer.from(text)
  const reader = redaction.readerAt(0)
  reader.fill(bytes, 0, bytes.length)
  const candidates = new Candidates(reader)
  candidates.takeItem(bytes, 0, bytes.length, true)
  const tape = new Tape(reader, bytes.length, 0)
  const rows = Array.from({ length: tape.next(0) }, (_, row) => row)
  const documents = rows.map(() => new Document(redaction, bytes, candidates, tape, 0))
  const passed = rows.filter((row) => documents[row]!.isPlain(row))
  // Values inside come first: what they let pass has been looked at by then.
  for (const row of passed.toReversed()) redactThoroughly(documents[row]!, row, 200)
  const found = passed.filter((row) => !documents[row]!.edits.isEmpty)
  return {
    passed: passed.length,
    found: found.map((row) => bytes.toString('utf8', tape.start(row), tape.end(row))),
  }
}

/** Everything that redaction of a body knows, in any combination. */
const keys = [
  ...['kind', 'KIND', 'name', 'key', 'value', 'op', 'path', 'command', 'args', 'script', 'token'],
  ...[
    'password',
    'secretName',
    'labels',
    'managedFields',
    'selector',
    'data',
    'stringData',
    'spec',
  ],
  ...[
    'metadata',
    'annotations',
    'items',
    'content',
    'env',
    'kubectl.kubernetes.io/last-applied-configuration',
  ],
  ...['pass\\u0077ord', 'x', 'bearer CANARY1', ''],
]
const texts = [
  ...[
    'Secret',
    'SecretList',
    'Pod',
    'PASSWORD',
    '/spec/token',
    '/metadata/labels/token',
    'replace',
  ],
  ...['--token', '--token=CANARY1', 'curl', '-u', 'a:CANARY1', 'x', '', ' ', 'CANARY1', 'DB=1'],
  ...[
    '{\\"token\\":\\"CANARY1\\"}',
    '[{\\"kind\\":\\"Secret\\",\\"data\\":{}}]',
    ' \\"x\\"',
    '\\n{\\"a\\":1}',
  ],
  ...['Bearer CANARY10', 'basic Q0FOQVJZMQ==', 'https://u:CANARY1@h/', 'eyJhbGciOiJ.eyJCANARY.x'],
  ...['-----BEGIN PRIVATE KEY-----CANARY', '\\u0042earer CANARY1', 'password=CANARY1'],
]
const literal = fc.constantFrom('true', 'false', 'null', '1', '-0.5e3', '{}', '[]')
const json = fc.letrec<{ value: string; list: string; object: string; text: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, tie('text'), literal, tie('list'), tie('object')),
  text: fc.constantFrom(...texts).map((text) => `"${text}"`),
  list: fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join()}]`),
  // Keys may be there twice.
  object: fc
    .array(fc.tuple(fc.constantFrom(...keys), tie('value')), { maxLength: 5 })
    .map((members) => `{${members.map(([key, value]) => `"${key}":${value}`).join()}}`),
}))

it('what the glance lets pass holds nothing that a thorough look would take out', () => {
  let passed = 0
  fc.assert(
    fc.property(json.object, (text) => {
      const result = passedAndFound(text)
      passed += result.passed
      expect(result.found).toEqual([])
    }),
    { numRuns: 10_000 },
  )
  expect(passed).toBeGreaterThan(10_000)
})

it('so it is in the recorded events with bodies, most of whose values it lets pass', () => {
  const lines = listRecordings('attacks', '.rr.jsonl').flatMap((name) =>
    readRecording(`attacks/${name}`).toString('utf8').trim().split('\n'),
  )
  const bodies = lines.flatMap((line) => {
    // Lines of recordings are events.
    const { requestObject, responseObject } = JSON.parse(line) as Record<string, unknown>
    return [requestObject, responseObject].filter((body) => body !== undefined)
  })
  const results = bodies.map((body) => passedAndFound(JSON.stringify(body)))
  expect(results.flatMap(({ found }) => found)).toEqual([])
  expect(results.reduce((sum, { passed }) => sum + passed, 0)).toBeGreaterThan(10_000)
})
