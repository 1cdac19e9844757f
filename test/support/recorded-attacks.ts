import { listRecordings, readEvents } from './recordings.ts'

const batchSize = 400

/** The recorded attacks (Metadata level) as bodies that the webhook backend would have posted: at most 400 items each. */
export function recordedAttackBodies(): Buffer[] {
  return listRecordings('attacks', '.jsonl')
    .filter((name) => !name.endsWith('.rr.jsonl'))
    .flatMap((name) => eventLists(readEvents(`attacks/${name}`)))
}

/** Events as EventLists; their items carry neither kind nor apiVersion, as on the wire. */
export function eventLists(events: readonly Record<string, unknown>[]): Buffer[] {
  const bodies: Buffer[] = []
  for (let start = 0; start < events.length; start += batchSize) {
    const items = events
      .slice(start, start + batchSize)
      .map(({ kind: _kind, apiVersion: _version, ...item }) => item)
    bodies.push(
      Buffer.from(
        `${JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items })}\n`,
      ),
    )
  }
  return bodies
}
