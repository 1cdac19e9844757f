import type { Alert, Log, LogRecord, Outcome, Sink } from '../contracts.ts'
import { decodeAlert } from './alert.ts'
import type { DueGroup } from './group/groups.ts'
import type { Session } from './session.ts'
import type { Item, Writer } from './write.ts'

interface SizedItem extends Item {
  readonly bytes: number
}

/**
 * Tells the sink of one group, in one write if it fits; what is silent at this moment is passed over. What asks for a
 * repeat stays in the group.
 */
export async function tellGroup(
  { id, keys }: DueGroup,
  session: Session,
  options: {
    readonly log: Log
    readonly topic: string
    readonly to: Sink<Alert>
    readonly writer: Writer<Item>
    readonly clock: { nowMs(): number }
  },
  signal: AbortSignal,
): Promise<{ readonly letters: readonly LogRecord[]; readonly repeats: readonly Outcome[] }> {
  const { clock, log, to, topic, writer } = options
  const items = await readItems(log, topic, keys)
  writer.skip('expired', keys.length - items.length)
  const heard = session.hear(items)
  const waiting = new Set(heard.map(({ key }) => key))
  session.groups.release(
    id,
    keys.filter((key) => !waiting.has(key)),
  )
  const letters: LogRecord[] = []
  for (const part of parts(heard, to)) {
    const { repeats, settled } = await writer.write(part, signal)
    const told = settled.map(({ item }) => item)
    session.told(told)
    session.groups.release(
      id,
      told.map(({ key }) => key),
    )
    letters.push(...settled.flatMap(({ letter }) => letter ?? []))
    if (repeats.length > 0) return { letters, repeats }
  }
  if (heard.length > 0) session.groups.wasTold(id, clock.nowMs())
  return { letters, repeats: [] }
}

async function readItems(
  log: Log,
  topic: string,
  keys: readonly string[],
): Promise<readonly SizedItem[]> {
  const records = await log.find(topic, keys)
  return records.flatMap(({ key, value }) => {
    const decoded = decodeAlert(value)
    return 'alert' in decoded ? [{ key, alert: decoded.alert, bytes: value.byteLength }] : []
  })
}

/** As few parts as the limits of the sink allow. */
function parts(items: readonly SizedItem[], { limits }: Sink<Alert>): SizedItem[][] {
  const all: SizedItem[][] = []
  let bytes = 0
  for (const item of items) {
    const last = all.at(-1)
    bytes += item.bytes
    if (last === undefined || last.length >= limits.maxItems || bytes > limits.maxBytes) {
      all.push([item])
      bytes = item.bytes
    } else last.push(item)
  }
  return all
}
