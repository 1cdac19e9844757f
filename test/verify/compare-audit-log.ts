import { createReadStream } from 'node:fs'
import process from 'node:process'
import { createInterface } from 'node:readline'

/**
 * Compares an API server's own audit log with what the store exports:
 *
 *   kubewitness log export --topic events > stored.jsonl
 *   node test/verify/compare-audit-log.ts audit.log stored.jsonl
 *
 * Every event of the log must be in the store, once, and equal but for `kind`, `apiVersion` and what was redacted.
 * Exits with 1 when one is missing, twice, or different.
 */
interface Seen {
  logged: number
  stored: number
  readonly text: string
  isDifferent: boolean
}

const [auditLog, stored] = process.argv.slice(2)
if (auditLog === undefined || stored === undefined) {
  process.stderr.write('usage: node test/verify/compare-audit-log.ts AUDIT_LOG STORED_EVENTS\n')
  process.exit(2)
}

const seen = new Map<string, Seen>()
for await (const event of eventsOf(auditLog)) {
  const known = seen.get(keyOf(event))
  if (known === undefined)
    seen.set(keyOf(event), { logged: 1, stored: 0, text: contentOf(event), isDifferent: false })
  else known.logged += 1
}
let extra = 0
for await (const event of eventsOf(stored)) {
  const known = seen.get(keyOf(event))
  if (known === undefined) {
    extra += 1
    continue
  }
  known.stored += 1
  const text = contentOf(event)
  if (text !== known.text && !text.includes('redacted:')) known.isDifferent = true
}
const all = [...seen.values()]
const missing = all.filter((event) => event.stored < event.logged).length
const twice = all.filter((event) => event.stored > event.logged).length
const different = all.filter((event) => event.isDifferent).length
const logged = all.reduce((sum, event) => sum + event.logged, 0)
process.stdout.write(
  `logged ${logged}, missing in the store ${missing}, stored twice ${twice}, different ${different}, only in the store ${extra}\n`,
)
if (process.env['SHOW'] === '1')
  for (const event of all.filter((one) => one.stored !== one.logged).slice(0, 10))
    process.stdout.write(`${event.text.slice(0, 300)}\n`)
process.exitCode = missing + twice + different > 0 ? 1 : 0

async function* eventsOf(path: string): AsyncGenerator<Record<string, unknown>> {
  for await (const line of createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    // Both files hold one JSON object a line: the log backend writes it so, and so does the export.
    if (line !== '') yield JSON.parse(line) as Record<string, unknown>
  }
}

/** Nothing that redaction may change. */
function keyOf(event: Record<string, unknown>): string {
  return JSON.stringify([
    event['auditID'],
    event['stage'],
    event['requestReceivedTimestamp'],
    event['stageTimestamp'],
    event['user'],
  ])
}

function contentOf({
  kind: _kind,
  apiVersion: _version,
  ...rest
}: Record<string, unknown>): string {
  return JSON.stringify(rest)
}
