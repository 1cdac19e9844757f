import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createExpositionReader,
  type Sample,
} from '../../src/sources/apiserver-metrics/exposition.ts'
import { scrapeApiServer } from '../../src/sources/apiserver-metrics/scrape.ts'

function read(text: string, ...names: string[]): readonly Sample[] {
  const reader = createExpositionReader(new Set(names))
  reader.push(text)
  return reader.end()
}

describe('the Prometheus text format', () => {
  it('is read line by line: comments, labels with escapes, times, and numbers of every kind', () => {
    const text = [
      '# HELP a Some help.',
      '# TYPE a counter',
      'a 1',
      'a{} 2',
      'a{x="1",y="a \\"b\\" \\\\ \\n}",} 3.5e+06 1767225600000',
      'a{ x = "1" , y = "2" } +Inf',
      'a\t-Inf',
      'a NaN',
      'a_total 7',
      'b{x="a"} 9',
      'a 0x10',
      'a',
      'a{x="1" 3',
      'a{x=1} 3',
      'a 1 2 3',
      '',
    ].join('\n')
    expect(read(text, 'a', 'b')).toEqual([
      { name: 'a', labels: {}, value: 1 },
      { name: 'a', labels: {}, value: 2 },
      { name: 'a', labels: { x: '1', y: 'a "b" \\ \n}' }, value: 3_500_000 },
      { name: 'a', labels: { x: '1', y: '2' }, value: Infinity },
      { name: 'a', labels: {}, value: -Infinity },
      { name: 'a', labels: {}, value: Number.NaN },
      { name: 'b', labels: { x: 'a' }, value: 9 },
      { name: 'a', labels: {}, value: 16 },
    ])
  })

  it('is the same in any pieces, and a last line needs no end', () => {
    const line = fc.constantFrom('a 1', 'a{x="1"} 2', 'b 3', '# a 4', '', 'a{x="\\n"} 5')
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(200)), (lines, cuts) => {
        const text = lines.join('\n')
        const reader = createExpositionReader(new Set(['a']))
        let from = 0
        for (const cut of cuts.toSorted((a, b) => a - b)) {
          reader.push(text.slice(from, cut))
          from = Math.max(from, Math.min(cut, text.length))
        }
        reader.push(text.slice(from))
        expect(reader.end()).toEqual(read(text, 'a'))
      }),
    )
  })

  it('is bounded: lines that are too long are passed over, and too many samples are left out', () => {
    const long = `a{x="${'x'.repeat(20_000)}"} 1`
    expect(read(`a 1\n${long}\na 2\n${long}`, 'a').map(({ value }) => value)).toEqual([1, 2])
    expect(read('a 1\n'.repeat(5000), 'a')).toHaveLength(1000)
  })
})

const metrics = `# HELP apiserver_audit_error_total [ALPHA] Counter of audit events that failed to be audited properly.
# TYPE apiserver_audit_error_total counter
apiserver_audit_error_total{plugin="buffered"} 40
apiserver_audit_error_total{plugin="log"} 1000
apiserver_audit_error_total{plugin="webhook"} 156
# TYPE apiserver_audit_event_total counter
apiserver_audit_event_total 1.234567e+06
process_start_time_seconds 1.76722560012e+09
`

/** A server that answers each request as told, and remembers what it was asked. */
async function serve(answer: { status?: number; text: string }) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`)
    response.writeHead(answer.status ?? 200, { location: 'http://192.0.2.1/' }).end(answer.text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/metrics`,
    asked,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

const options = { ca: undefined, signal: new AbortController().signal }

describe('asking an API server', () => {
  it('gives what it made and lost since its start; the log file is no loss of ours', async () => {
    await using server = await serve({ text: metrics })
    expect(await scrapeApiServer(server.url, { ...options, token: 'token-CANARY' })).toEqual({
      kind: 'counters',
      counters: { startedAtS: 1_767_225_600.12, events: 1_234_567, errors: 196 },
    })
    expect(server.asked).toEqual(['GET /metrics Bearer token-CANARY'])
  })

  it.each([
    [{ status: 403, text: metrics }, 'it answered 403'],
    [{ status: 302, text: metrics }, 'it answered 302'],
    [
      { text: 'go_goroutines 5\n' },
      'there is no apiserver_audit_event_total; the metrics are of something else',
    ],
  ])('says why there is nothing: %j', async (answer, reason) => {
    await using server = await serve(answer)
    expect(await scrapeApiServer(server.url, { ...options, token: undefined })).toEqual({
      kind: 'failed',
      reason,
    })
  })

  it('ends with its signal', async () => {
    await using server = await serve({ text: metrics })
    const signal = AbortSignal.abort(new Error('enough'))
    const scraped = await scrapeApiServer(server.url, { ca: undefined, token: undefined, signal })
    expect(scraped.kind).toBe('failed')
  })
})
