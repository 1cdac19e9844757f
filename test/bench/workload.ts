import { formatTimeUs, parseTimeUs } from '../../src/util/time.ts'
import { eventLists } from '../support/recorded-attacks.ts'
import { listRecordings, readEvents, readWebhookBodies } from '../support/recordings.ts'

/** Bodies of up to 400 recorded events. */
export interface Workload {
  readonly name: string
  readonly bodies: readonly Buffer[]
  readonly events: number
  readonly bytes: number
  /** The same events as JSON lines. */
  lines(): Buffer
  /** The same bodies with audit ids of their own, at a later time than those of the round before: as life goes on. */
  vary(round: number): Buffer[]
}

/** Ordinary life at Metadata level, as the webhook backend would post it. */
export function ordinaryWorkload(): Workload {
  return createWorkload('ordinary', eventLists(ordinaryEvents().toSorted(byStageTime)))
}

function ordinaryEvents(): Record<string, unknown>[] {
  return listRecordings('benign', '.jsonl').flatMap((name) => readEvents(`benign/${name}`))
}

/** Ordinary life and attacks at Metadata level. */
export function metadataWorkload(): Workload {
  const attacks = listRecordings('attacks', '.jsonl').filter((name) => !name.endsWith('.rr.jsonl'))
  const events = [...ordinaryEvents(), ...attacks.flatMap((name) => readEvents(`attacks/${name}`))]
  return createWorkload('Metadata', eventLists(events.toSorted(byStageTime)))
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

/** API servers write all times in one form, whose texts are in the order of the times. */
function byStageTime(a: Readonly<Record<string, unknown>>, b: typeof a): number {
  const [time, other] = [String(a['stageTimestamp']), String(b['stageTimestamp'])]
  return time < other ? -1 : Number(time > other)
}

const auditIdMarker = '"auditID":"'
const timeMarkers = ['"requestReceivedTimestamp":"', '"stageTimestamp":"']
const timeLength = '2026-01-01T00:00:00.000000Z'.length
const dayUs = 86_400_000_000
/** No event is of a later time than its receipt: the first round is so long ago. */
const agoUs = 200 * dayUs

interface Places {
  readonly ids: readonly number[]
  readonly times: readonly { readonly at: number; readonly us: number }[]
}

function createWorkload(name: string, bodies: readonly Buffer[]): Workload {
  const places = bodies.map(placesIn)
  const timesUs = places.flatMap(({ times }) => times.map(({ us }) => us))
  const firstUs = timesUs.reduce((least, us) => Math.min(least, us))
  const lastUs = timesUs.reduce((most, us) => Math.max(most, us))
  const roundUs = lastUs - firstUs + 1_000_000
  return {
    name,
    bodies,
    events: places.reduce((sum, { ids }) => sum + ids.length, 0),
    bytes: bodies.reduce((sum, body) => sum + body.length, 0),
    lines: () => Buffer.from(bodies.flatMap(itemLines).join('')),
    vary: (round) =>
      bodies.map((body, index) => {
        const { ids, times } = places[index]!
        const copy = Buffer.from(body)
        const digits = ((round * 65_537) >>> 0).toString(16).padStart(8, '0')
        for (const at of ids) copy.write(digits, at, 'latin1')
        for (const { at, us } of times)
          copy.write(formatTimeUs(us - agoUs + round * roundUs), at, 'latin1')
        return copy
      }),
  }
}

function placesIn(body: Buffer): Places {
  const times = timeMarkers.flatMap((marker) =>
    placesBehind(body, marker).map((at) => {
      const us = parseTimeUs(body.toString('latin1', at, at + timeLength))
      if (us === undefined) throw new Error(`no time of an API server at ${at}`)
      return { at, us }
    }),
  )
  return { ids: placesBehind(body, auditIdMarker), times }
}

function placesBehind(body: Buffer, marker: string): number[] {
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
