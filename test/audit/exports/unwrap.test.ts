import { describe, expect, it } from 'vitest'
import { createUnwrapper } from '../../../src/audit/exports/unwrap.ts'
import { createSplitter, type SplitChunk } from '../../../src/audit/split.ts'

const event = (auditID: string) => ({
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'Metadata',
  auditID,
  stage: 'ResponseComplete',
  requestURI: '/api/v1/namespaces/shop/secrets/db',
  verb: 'get',
  user: { username: 'alice@example.com' },
  sourceIPs: ['192.0.2.7'],
})
const text = (auditID: string) => JSON.stringify(event(auditID))

interface Read {
  readonly ids: unknown[]
  readonly rejects: { readonly reason: string; readonly offset: number; readonly text: string }[]
  readonly otherRecords: number
}

function readAll(input: string, cutBytes = input.length): Read {
  const splitter = createSplitter({ accepts: 'exports' })
  const unwrap = createUnwrapper()
  const bytes = Buffer.from(input)
  const read: Read & { otherRecords: number } = { ids: [], rejects: [], otherRecords: 0 }
  const take = (split: SplitChunk) => {
    const { chunk, otherRecords } = unwrap(split)
    const textAt = (start: number, end: number) =>
      Buffer.from(chunk.bytes.subarray(start, end)).toString()
    chunk.items.starts.forEach((start, i) => {
      const item = JSON.parse(textAt(start, chunk.items.ends[i]!)) as Record<string, unknown>
      read.ids.push(item['auditID'])
    })
    for (const { reason, offset, start, end } of chunk.rejects)
      read.rejects.push({ reason, offset, text: textAt(start, end) })
    read.otherRecords += otherRecords
  }
  for (let i = 0; i < bytes.length; i += cutBytes)
    take(splitter.push(bytes.subarray(i, i + cutBytes)))
  take(splitter.end())
  return read
}

const azure = (category: string, log: unknown) => ({
  time: '2026-01-01T00:00:00.0000000Z',
  resourceId: '/SUBSCRIPTIONS/0/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/SHOP',
  operationName: 'Microsoft.ContainerService/managedClusters/diagnosticLogs/Read',
  category,
  properties: { log, stream: 'stdout', pod: 'kube-apiserver-0' },
})

const audit = { logStreamName: 'kube-apiserver-audit-0' }

const exportsByName: Readonly<Record<string, string>> = {
  'FilterLogEvents of CloudWatch Logs, indented as the AWS CLI writes it': JSON.stringify(
    {
      events: [
        { ...audit, timestamp: 1, message: text('a'), ingestionTime: 2, eventId: '3' },
        { logStreamName: 'authenticator-0', timestamp: 1, message: 'time="x" level=info' },
        { ...audit, timestamp: 1, message: text('b'), ingestionTime: 2, eventId: '4' },
      ],
      searchedLogStreams: [],
    },
    null,
    4,
  ),
  'messages of a CloudWatch Logs subscription, one after another': [
    {
      messageType: 'DATA_MESSAGE',
      owner: '123456789012',
      logGroup: '/aws/eks/shop/cluster',
      logStream: 'kube-apiserver-audit-0',
      subscriptionFilters: ['all'],
      logEvents: [
        { id: '1', timestamp: 1, message: text('a') },
        { id: '2', timestamp: 1, message: 'I0101 00:00:00.000000 1 controller.go:1] text' },
      ],
    },
    { messageType: 'DATA_MESSAGE', logEvents: [{ id: '3', timestamp: 1, message: text('b') }] },
  ]
    .map((message) => JSON.stringify(message))
    .join(''),
  'JSON lines with the event as text or as an object': [
    JSON.stringify({ timestamp: 1, message: text('a') }),
    JSON.stringify({ '@timestamp': '2026-01-01 00:00:00.000', '@ptr': 'x', '@message': 'text' }),
    JSON.stringify({ '@timestamp': '2026-01-01 00:00:00.000', '@message': event('b') }),
  ].join('\n'),
  'the answer of a CloudWatch Logs Insights query': JSON.stringify({
    status: 'Complete',
    results: [
      [
        { field: '@message', value: text('a') },
        { field: '@ptr', value: 'x' },
      ],
      [
        { field: '@message', value: 'text' },
        { field: '@ptr', value: 'y' },
      ],
      [{ field: '@message', value: text('b') }],
    ],
  }),
  'resource logs of Azure Monitor from an event hub': JSON.stringify({
    records: [
      azure('kube-audit', text('a')),
      azure('guard', '{"msg":"x"}'),
      azure('kube-audit-admin', text('b')),
    ],
  }),
  'rows of AzureDiagnostics': [
    { Category: 'kube-audit', log_s: `${text('a')}\n` },
    { Category: 'kube-scheduler', log_s: 'I0101 text' },
    { Category: 'kube-audit', log_s: text('b') },
  ]
    .map((row) => JSON.stringify(row))
    .join('\n'),
}

describe('unwrapping an export', () => {
  it.each(Object.entries(exportsByName))('takes the events out of %s', (_, input) => {
    expect(readAll(input)).toEqual({ ids: ['a', 'b'], rejects: [], otherRecords: 1 })
    expect(readAll(input, 7)).toEqual({ ids: ['a', 'b'], rejects: [], otherRecords: 1 })
  })

  it('passes over the time before each line of an export to S3', () => {
    const lines = ['a', 'b', 'c'].map((id) => `2026-01-01T00:00:00.123Z ${text(id)}\n`).join('')
    expect(readAll(lines)).toEqual({ ids: ['a', 'b', 'c'], rejects: [], otherRecords: 0 })
  })

  it('keeps the order when some events are wrapped and some are not', () => {
    const lines = [text('a'), JSON.stringify(azure('kube-audit', text('b'))), text('c')]
    expect(readAll(lines.join('\n')).ids).toEqual(['a', 'b', 'c'])
  })

  it('takes thousands of records one after another', () => {
    const ids = Array.from({ length: 3000 }, (_, i) => `id-${i}`)
    const lines = ids.map((id) => JSON.stringify(azure('kube-audit', text(id)))).join('\n')
    expect(readAll(lines)).toEqual({ ids, rejects: [], otherRecords: 0 })
  })

  it('rejects an event that was cut inside its record at the place of the record', () => {
    const cut = text('b').slice(0, 100)
    const lines = ['a', 'x', 'c'].map((id) => azure('kube-audit', id === 'x' ? cut : text(id)))
    const first = JSON.stringify(lines[0])
    expect(readAll(lines.map((line) => JSON.stringify(line)).join('\n'))).toEqual({
      ids: ['a', 'c'],
      rejects: [{ reason: 'truncated', offset: first.length + 1, text: cut }],
      otherRecords: 0,
    })
  })

  it('leaves objects that are of no export, and the alerts of this product, as rejects', () => {
    const alert = JSON.stringify({
      schema: 'kubewitness.alert/v1',
      events: [{ id: '1', auditID: 'a', stage: 'ResponseComplete' }],
    })
    const log = JSON.stringify({ time: 1, message: 'started' })
    expect(readAll(`${alert}\n${log}`)).toEqual({
      ids: [],
      rejects: [
        { reason: 'not_an_event', offset: 0, text: alert },
        { reason: 'not_an_event', offset: alert.length + 1, text: log },
      ],
      otherRecords: 0,
    })
  })
})
