import type { Alert } from '../../src/contracts.ts'
import { type PlantedKind, plantedKinds } from './bodies.ts'
import type { Journal } from './journal.ts'

/** Who an event is. Two events of one cluster never share it in generated bodies. */
export interface EventIdentity {
  readonly auditID: string
  readonly stage: string
}

export interface SentEvent extends EventIdentity {
  readonly planted?: PlantedKind
}

export interface StoredEvent extends EventIdentity {
  readonly cluster: string
}

export interface Evidence {
  /** Every event in the store, as often as it is there. */
  readonly stored: Iterable<StoredEvent>
  /** Every alert in the place judged, every revision; for a list of the newest revisions, those. */
  readonly alerts: Iterable<Pick<Alert, 'id' | 'revision' | 'rule' | 'cluster' | 'events'>>
  /** Rule names or ids that may raise the alert for a kind. Without them any alert on the event counts. */
  readonly rules?: Partial<Readonly<Record<PlantedKind, readonly string[]>>>
}

/** Lists of `cluster/auditID/stage` or alert ids: all of them, so that a failing test shows which. */
export interface Verdict {
  readonly issued: number
  readonly acknowledged: number
  readonly stored: number
  /** Acknowledged, not stored. */
  readonly lost: readonly string[]
  /** Stored more than once; once in the list whatever the count. */
  readonly doubled: readonly string[]
  /** Stored, never sent. */
  readonly unknown: readonly string[]
  /** Acknowledged events that a rule has to find. */
  readonly alertsExpected: number
  /** Of those, the ones without an alert. */
  readonly alertsMissing: readonly string[]
  /** Alert ids that are there twice with the same revision. */
  readonly alertsDoubled: readonly string[]
  /**
   * Planted events for which one rule raised alerts of different ids: doubled under another name. Of others windows may
   * overlap; `test/crash/windows.ts` compares their alerts with those of an undisturbed run.
   */
  readonly alertsSplit: readonly string[]
  /** Nothing lost, doubled, unknown or missing. */
  readonly isClean: boolean
  /** All of it on one line. */
  readonly line: string
}

export interface Oracle {
  /** Before the send: these may turn up. */
  issue(cluster: string, events: Iterable<SentEvent>): void
  /** After the answer 200: these have to turn up. */
  acknowledge(cluster: string, events: Iterable<SentEvent>): void
  judge(evidence: Evidence): Verdict
}

/**
 * Knows what was sent and what was acknowledged, and judges afterwards what came of it. Keeps it in memory: a million events,
 * evidence included, take about 1 GB. With a journal also on disk, durable before `acknowledge` returns.
 */
export function createOracle(options: { readonly journal?: Journal } = {}): Oracle {
  const issued = new Map<string, PlantedKind | undefined>()
  const obligations = new Map<string, PlantedKind | undefined>()
  return {
    issue: (cluster, events) => {
      for (const event of events) issued.set(keyOf(cluster, event), event.planted)
    },
    acknowledge: (cluster, events) => {
      const list = [...events]
      options.journal?.append({ cluster, events: list })
      for (const event of list) {
        const key = keyOf(cluster, event)
        issued.set(key, event.planted)
        obligations.set(key, event.planted)
      }
    },
    judge: (evidence) => judge(issued, obligations, evidence),
  }
}

/** An oracle that knows what a journal says was acknowledged. */
export function oracleOf(
  entries: Iterable<{ readonly cluster: string; readonly events: readonly SentEvent[] }>,
): Oracle {
  const oracle = createOracle()
  for (const { cluster, events } of entries) oracle.acknowledge(cluster, events)
  return oracle
}

function keyOf(cluster: string, event: EventIdentity): string {
  return `${cluster}/${event.auditID}/${event.stage}`
}

function judge(
  issued: ReadonlyMap<string, PlantedKind | undefined>,
  obligations: ReadonlyMap<string, PlantedKind | undefined>,
  evidence: Evidence,
): Verdict {
  const stored = judgeStored(issued, obligations, evidence.stored)
  const alerts = judgeAlerts(issued, obligations, evidence)
  const verdict = {
    issued: issued.size,
    acknowledged: obligations.size,
    ...stored,
    ...alerts,
  }
  const problems = [
    verdict.lost,
    verdict.doubled,
    verdict.unknown,
    verdict.alertsMissing,
    verdict.alertsDoubled,
    verdict.alertsSplit,
  ]
  return {
    ...verdict,
    isClean: problems.every((list) => list.length === 0),
    line:
      `issued ${verdict.issued}, acknowledged ${verdict.acknowledged}, stored ${verdict.stored}, ` +
      `lost ${verdict.lost.length}, doubled ${verdict.doubled.length}, unknown ${verdict.unknown.length}; ` +
      `alerts expected ${verdict.alertsExpected}, missing ${verdict.alertsMissing.length}, ` +
      `doubled ${verdict.alertsDoubled.length}, split ${verdict.alertsSplit.length}`,
  }
}

function judgeStored(
  issued: ReadonlyMap<string, unknown>,
  obligations: ReadonlyMap<string, unknown>,
  storedEvents: Iterable<StoredEvent>,
): Pick<Verdict, 'stored' | 'lost' | 'doubled' | 'unknown'> {
  const seen = new Set<string>()
  const doubled = new Set<string>()
  const unknown = new Set<string>()
  let stored = 0
  for (const event of storedEvents) {
    const key = keyOf(event.cluster, event)
    stored++
    if (seen.has(key)) doubled.add(key)
    seen.add(key)
    if (!issued.has(key)) unknown.add(key)
  }
  const lost = [...obligations.keys()].filter((key) => !seen.has(key))
  return { stored, lost, doubled: [...doubled], unknown: [...unknown] }
}

function judgeAlerts(
  issued: ReadonlyMap<string, PlantedKind | undefined>,
  obligations: ReadonlyMap<string, PlantedKind | undefined>,
  { alerts, rules = {} }: Evidence,
): Pick<Verdict, 'alertsExpected' | 'alertsMissing' | 'alertsDoubled' | 'alertsSplit'> {
  const revisions = new Set<string>()
  const doubled = new Set<string>()
  const split = new Set<string>()
  const found = new Set<string>()
  const idByRuleAndEvent = new Map<string, string>()
  const wanted = new Map(
    plantedKinds.map((kind) => [
      kind,
      rules[kind] === undefined ? undefined : new Set(rules[kind]),
    ]),
  )
  for (const alert of alerts) {
    const revision = `${alert.id} ${alert.revision}`
    if (revisions.has(revision)) doubled.add(alert.id)
    revisions.add(revision)
    for (const event of alert.events) {
      const key = keyOf(alert.cluster, event)
      if (issued.get(key) === undefined) continue
      const ruleAndEvent = `${alert.rule.id} ${key}`
      const first = idByRuleAndEvent.get(ruleAndEvent)
      if (first === undefined) idByRuleAndEvent.set(ruleAndEvent, alert.id)
      else if (first !== alert.id) split.add(key)
      const kind = obligations.get(key)
      if (kind === undefined) continue
      const allowed = wanted.get(kind)
      if (allowed === undefined || allowed.has(alert.rule.id) || allowed.has(alert.rule.name)) {
        found.add(key)
      }
    }
  }
  const expected = [...obligations].filter(([, kind]) => kind !== undefined).map(([key]) => key)
  return {
    alertsExpected: expected.length,
    alertsMissing: expected.filter((key) => !found.has(key)),
    alertsDoubled: [...doubled],
    alertsSplit: [...split],
  }
}
