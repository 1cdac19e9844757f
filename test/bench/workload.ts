import { eventLists } from '../support/recorded-attacks.ts'
import { listRecordings, readEvents, readWebhookBodies } from '../support/recordings.ts'

/** Bodies of up to 400 recorded events, and where the audit ids stand in each. */
export interface Workload {
  readonly name: string
  readonly bodies: readonly Buffer[]
  readonly events: number
  readonly bytes: number
  /** The same events as JSON lines. */
  lines(): Buffer
  /** The same bodies with audit ids of their own: a copy that the store has never seen. */
  vary(round: number): Buffer[]
}

/** Ordinary life and attacks at Metadata level, as the webhook backend would post them. */
export function metadataWorkload(): Workload {
  const benign = listRecordings('benign', '.jsonl').flatMap((name) => readEvents(`benign/${name}`))
  const attacks = listRecordings('attacks', '.jsonl').filter((name) => !name.endsWith('.rr.jsonl'))
  const events = [...benign, ...attacks.flatMap((name) => readEvents(`attacks/${name}`))]
  return createWorkload('Metadata', eventLists(events))
}

/** Bodies posted under the policy that records request and response bodies. */
export function bodiesWorkload(): Workload {
  return createWorkload(
    'RequestResponse',
    readWebhookBodies()
      .filter(({ policy }) => policy.startsWith('c-'))
      .map(({ bytes }) => bytes),
  )
}

const marker = Buffer.from('"auditID":"')

function createWorkload(name: string, bodies: readonly Buffer[]): Workload {
  const places = bodies.map(auditIdPlaces)
  return {
    name,
    bodies,
    events: places.reduce((sum, list) => sum + list.length, 0),
    bytes: bodies.reduce((sum, body) => sum + body.length, 0),
    lines: () => Buffer.from(bodies.flatMap(itemLines).join('')),
    vary: (round) =>
      bodies.map((body, index) => {
        const copy = Buffer.from(body)
        const digits = ((round * 65_537) >>> 0).toString(16).padStart(8, '0')
        for (const place of places[index] ?? []) copy.write(digits, place, 'latin1')
        return copy
      }),
  }
}

function auditIdPlaces(body: Buffer): number[] {
  const places: number[] = []
  for (let at = body.indexOf(marker); at >= 0; at = body.indexOf(marker, at + 1))
    places.push(at + marker.length)
  return places
}

function itemLines(body: Buffer): string[] {
  // The bodies are EventLists that we wrote, or that an API server sent.
  const { items } = JSON.parse(body.toString('utf8')) as { items: unknown[] }
  return items.map((item) => `${JSON.stringify(item)}\n`)
}
