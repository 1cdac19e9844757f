import { compileOrder, readOrder } from '../../src/app/rule-set.ts'
import { openBatch } from '../../src/app/stored-batch.ts'
import type { Config } from '../../src/config/schema.ts'
import type { Alert, Log } from '../../src/contracts.ts'
import { alertingOptionsOf } from '../../src/detect/episode/config.ts'
import type { Pipeline } from '../../src/detect/pipeline.ts'
import { type AuditItem, eventListBody, stringifyAsGo } from '../support/bodies.ts'
import type { GeneratedBody } from '../support/generate.ts'
import { createRandom } from '../support/random.ts'

const actors = 9

const base = (name: string, verb: string): string => `title: ${name}
id: ${name === 'window_get' ? '6b1fd2b0-3d5e-4a53-8f0e-1f5c0c8b7a01' : '6b1fd2b0-3d5e-4a53-8f0e-1f5c0c8b7a02'}
name: ${name}
level: low
logsource: { product: kubernetes, service: audit }
detection: { s: { verb: ${verb}, objectRef.resource: windows }, condition: s }
`

const correlation = (number: number, type: string, rules: string, condition: string): string =>
  `title: ${type} ${number}
id: 6b1fd2b0-3d5e-4a53-8f0e-1f5c0c8b7a1${number}
name: window_${type}_${number}
level: medium
sigma-version: 3
correlation:
  type: ${type}
  rules: [${rules}]
  group-by: [user.username]
  timespan: 60s
  condition: ${condition}
`

/** Correlations of every way of being told, whose windows are half full all the time. */
export const windowRules = [
  base('window_get', 'get'),
  base('window_delete', 'delete'),
  correlation(0, 'event_count', 'window_get', '{ gte: 5 }'),
  correlation(1, 'value_count', 'window_get', '{ field: objectRef.name, gte: 4 }'),
  correlation(2, 'temporal', 'window_get, window_delete', 'window_get and window_delete'),
  correlation(3, 'temporal_ordered', 'window_delete, window_get', 'window_delete and window_get'),
  correlation(4, 'temporal', 'window_get, window_delete', 'window_delete and not window_get'),
  correlation(5, 'event_count', 'window_delete', '{ lt: 2 }'),
  correlation(6, 'event_count', 'window_event_count_0', '{ gte: 8 }'),
].join('---\n')

/** A body with an event or two more, by one of a few actors: at some times many of one, at others none. */
export function withWindows(body: GeneratedBody, seed: number): GeneratedBody {
  const random = createRandom(seed, body.number, 77)
  const [first] = body.items
  if (first === undefined) return body
  const stageAt = /"stageTimestamp":"([^"]+)"/.exec(first.text)?.[1] ?? ''
  const count = Math.floor(random() * 3)
  const items = Array.from({ length: count }, (_, place) =>
    windowItem(body, place, stageAt, random),
  )
  const all = [...body.items, ...items]
  return { ...body, items: all, bytes: eventListBody(all.map(({ text }) => text)) }
}

function windowItem(
  { number }: GeneratedBody,
  place: number,
  stageAt: string,
  random: () => number,
): AuditItem {
  const actor = Math.floor(random() ** 2 * actors)
  const auditID = `window-${number}-${place}`
  const text = stringifyAsGo({
    level: 'Metadata',
    auditID,
    stage: 'ResponseComplete',
    requestURI: `/apis/example.com/v1/namespaces/shop/windows/${number % 6}`,
    verb: random() < 0.7 ? 'get' : 'delete',
    user: { username: `window-${actor}`, groups: ['system:authenticated'] },
    sourceIPs: [`192.0.2.${actor}`],
    userAgent: 'kubectl/v1.36.3',
    objectRef: {
      resource: 'windows',
      apiGroup: 'example.com',
      namespace: 'shop',
      name: `${number % 6}`,
    },
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: stageAt,
    stageTimestamp: stageAt,
  })
  return { auditID, stage: 'ResponseComplete', text }
}

/** What an alert says at its end, whatever its revisions were. Whether it is closed by then depends on the time that passed. */
function outcomeOf({ id, rule, group, count, firstSeen, lastSeen, events }: Alert): string {
  const ids = events.map((event) => event.id).toSorted()
  return JSON.stringify([rule.name, id, group, count, firstSeen, lastSeen, ids])
}

function outcomes(alerts: Iterable<Alert>): Map<string, Alert> {
  const last = new Map<string, Alert>()
  for (const alert of alerts) {
    const known = last.get(alert.id)
    if (known === undefined || known.revision < alert.revision) last.set(alert.id, alert)
  }
  return last
}

export interface WindowsVerdict {
  /** Alerts of the run that nothing disturbed, and how many of them are of correlations. */
  readonly expected: number
  readonly ofCorrelations: number
  /** Alerts, as text, that it has and the store has not, and the other way round; those that differ are in both. */
  readonly missing: readonly string[]
  readonly invented: readonly string[]
}

/** All of it on one line. */
export function windowsLine({
  expected,
  ofCorrelations,
  missing,
  invented,
}: WindowsVerdict): string {
  return `alerts of the undisturbed run ${expected} (of correlations ${ofCorrelations}), missing or different ${missing.length}, invented or different ${invented.length}`
}

/** Evaluates what is stored once more, each partition from the first record to the last, undisturbed, and compares the alerts. */
export async function judgeWindows(
  config: Config,
  log: Pick<Log, 'browse'>,
  stored: readonly Alert[],
): Promise<WindowsVerdict> {
  const compiled = compileOrder(readOrder(config.rules), {
    episodes: alertingOptionsOf(config.episodes),
    onRuleFailure: (_rule, error) => {
      throw error
    },
  })
  const pipelines = new Map<number, Pipeline>()
  const pipelineOf = (partition: number): Pipeline => {
    const pipeline =
      pipelines.get(partition) ?? compiled.openPipeline({ onLeftOut: () => undefined })
    pipelines.set(partition, pipeline)
    return pipeline
  }
  const undisturbed: Alert[] = []
  const seen = new Set<string>()
  for (let after = -1; ; ) {
    const records = await log.browse('events', { order: 'oldest', after, limit: 100 })
    for (const record of records) {
      if (seen.has(record.key)) continue
      seen.add(record.key)
      const { partition } = record.position
      undisturbed.push(...pipelineOf(partition).process(openBatch(record)).alerts)
    }
    const last = records.at(-1)
    if (last === undefined) break
    after = last.position.offset
  }
  const names = new Set(compiled.ruleSet.correlations.map(({ id }) => id))
  const expected = outcomes(undisturbed)
  const found = outcomes(stored.filter(({ actor }) => actor !== 'kubewitness'))
  const texts = (alerts: ReadonlyMap<string, Alert>) => new Set([...alerts.values()].map(outcomeOf))
  const [wanted, given] = [texts(expected), texts(found)]
  return {
    expected: expected.size,
    ofCorrelations: [...expected.values()].filter(({ rule }) => names.has(rule.id)).length,
    missing: [...wanted].filter((text) => !given.has(text)),
    invented: [...given].filter((text) => !wanted.has(text)),
  }
}
