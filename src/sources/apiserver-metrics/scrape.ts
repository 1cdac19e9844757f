import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { messageOf } from '../../errors.ts'
import { createExpositionReader, type Sample } from './exposition.ts'

/** What an API server says of its own audit events, counted since its start. */
export interface ApiServerCounters {
  /** When it started, in seconds since 1970; tells a new process from the old one. */
  readonly startedAtS: number
  /** Events that were made and given to the backends. */
  readonly events: number
  /** Of those, the ones that a backend other than the log file gave up. */
  readonly errors: number
}

export type Scraped =
  | { readonly kind: 'counters'; readonly counters: ApiServerCounters }
  | { readonly kind: 'failed'; readonly reason: string }

export interface ScrapeOptions {
  /** PEM. Undefined: the authorities of the system. */
  readonly ca: string | undefined
  readonly token: string | undefined
  readonly signal: AbortSignal
}

/** An API server's answer has a few megabytes; a larger one is not read to its end. */
const maxBytes = 64 << 20

// kubernetes/kubernetes, staging/src/k8s.io/apiserver/pkg/audit/metrics.go
const eventsTotal = 'apiserver_audit_event_total'
const errorsTotal = 'apiserver_audit_error_total'
const startTime = 'process_start_time_seconds'
const wanted = new Set([eventsTotal, errorsTotal, startTime])

/** One GET, never followed to another place. Never throws; `signal` bounds its time. */
export async function scrapeApiServer(url: string, options: ScrapeOptions): Promise<Scraped> {
  try {
    const response = await open(url, options)
    if (response.statusCode !== 200) {
      response.destroy()
      return { kind: 'failed', reason: `it answered ${response.statusCode}` }
    }
    return countersIn(await read(response))
  } catch (error) {
    return { kind: 'failed', reason: messageOf(error) }
  }
}

function open(url: string, { ca, token, signal }: ScrapeOptions): Promise<IncomingMessage> {
  const headers = {
    accept: 'text/plain;version=0.0.4',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  return new Promise((resolve, reject) => {
    const common = { headers, signal, agent: false } as const
    const request = url.startsWith('https:')
      ? httpsRequest(url, { ...common, ...(ca === undefined ? {} : { ca }) })
      : httpRequest(url, common)
    request.on('response', resolve)
    request.on('error', reject)
    request.end()
  })
}

async function read(response: IncomingMessage): Promise<readonly Sample[]> {
  const reader = createExpositionReader(wanted)
  response.setEncoding('utf8')
  let length = 0
  for await (const text of response) {
    // The encoding makes texts of the chunks.
    const piece = text as string
    length += piece.length
    if (length > maxBytes) throw new Error(`its answer has more than ${maxBytes} bytes`)
    reader.push(piece)
  }
  return reader.end()
}

function countersIn(samples: readonly Sample[]): Scraped {
  const of = (name: string) => samples.filter((sample) => sample.name === name)
  const [events] = of(eventsTotal)
  if (events === undefined)
    return {
      kind: 'failed',
      reason: `there is no ${eventsTotal}; the metrics are of something else`,
    }
  const errors = of(errorsTotal).filter(({ labels }) => labels['plugin'] !== 'log')
  return {
    kind: 'counters',
    counters: {
      startedAtS: of(startTime)[0]?.value ?? 0,
      events: events.value,
      errors: errors.reduce((sum, { value }) => sum + value, 0),
    },
  }
}
