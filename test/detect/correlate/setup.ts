import { toAuditEvent } from '../../../src/audit/event.ts'
import type {
  AuditEvent,
  Correlation,
  CorrelationCondition,
  CorrelationField,
  CorrelationRule,
  EventRule,
  ThresholdTest,
} from '../../../src/contracts.ts'
import type { CorrelationMatch, Correlator } from '../../../src/detect/correlate/correlator.ts'
import type { RuleMatch } from '../../../src/detect/match.ts'
import { formatTimeUs } from '../../../src/util/time.ts'

const metadata = {
  title: 'test',
  level: 'medium',
  status: 'test',
  tags: [],
  logsource: { product: 'kubernetes' },
  fields: [],
  falsePositives: [],
  references: [],
  custom: {},
  missing: [],
  keyLocations: {},
  location: { path: 'test.yml', line: 1, column: 1 },
} as const

export const startUs = 1_767_225_600_000_000
export const second = 1_000_000

/** An event rule of which only the id matters. */
export function eventRule(id: string): EventRule {
  return {
    ...metadata,
    kind: 'event',
    id,
    condition: { kind: 'and', items: [] },
  }
}

export interface CorrelationOptions {
  readonly id?: string
  readonly rules?: readonly string[]
  readonly groupBy?: readonly string[]
  readonly timespanS?: number
  readonly custom?: Readonly<Record<string, unknown>>
}

/** `groupBy` are paths, which are also the names. */
export function correlation(
  type: Correlation['type'],
  condition: CorrelationCondition,
  {
    id = 'correlation',
    rules = ['a'],
    groupBy = ['user.username'],
    timespanS = 60,
    custom = {},
  }: CorrelationOptions = {},
): CorrelationRule {
  return {
    ...metadata,
    kind: 'correlation',
    id,
    custom,
    correlation: {
      type,
      rules,
      generate: false,
      groupBy: groupBy.map((name) => fieldOf(name, rules)),
      timespanUs: timespanS * second,
      condition: bound(condition, rules),
    },
  }
}

/** Read from the event under its own name, whatever the rule. */
function fieldOf(name: string, rules: readonly string[]): CorrelationField {
  const source = { kind: 'event', paths: [name] } as const
  return { name, sourceByRule: Object.fromEntries(rules.map((rule) => [rule, source])) }
}

function bound(condition: CorrelationCondition, rules: readonly string[]): CorrelationCondition {
  if (condition.kind === 'rules') return condition
  return { ...condition, fields: condition.fields.map(({ name }) => fieldOf(name, rules)) }
}

export function threshold(
  tests: Partial<Record<ThresholdTest['operator'], number>>,
  ...fields: string[]
): CorrelationCondition {
  return {
    kind: 'threshold',
    // The keys of an object are the operators that its type has.
    tests: Object.entries(tests).map(([operator, value]) => ({
      operator: operator as ThresholdTest['operator'],
      value,
    })),
    fields: fields.map((name) => ({ name, sourceByRule: {} })),
  }
}

export interface MadeEvent {
  /** Seconds after the start of the test. */
  readonly atS: number
  readonly user?: string
  /** Of the request. */
  readonly auditID?: string
  readonly stage?: string
  readonly cluster?: string
  readonly more?: Readonly<Record<string, unknown>>
}

let made = 0

export function event({
  atS,
  user = 'alice',
  auditID,
  stage = 'ResponseComplete',
  cluster = 'test',
  more = {},
}: MadeEvent): AuditEvent {
  made += 1
  const raw = {
    auditID: auditID ?? `request ${made}`,
    stage,
    user: { username: user },
    stageTimestamp: formatTimeUs(startUs + Math.round(atS * second)),
    ...more,
  }
  return toAuditEvent(raw, { cluster, receivedAtMs: 1_900_000_000_000 })
}

/** An event that matched some rules. */
export function matchesOf(one: AuditEvent, ...rules: readonly string[]): readonly RuleMatch[] {
  return rules.map((id) => ({ rule: eventRule(id), event: one, itemNumber: 0 }))
}

/** Feeds events of one sender, each followed by its time. */
export function feed(
  correlator: Correlator,
  events: readonly (readonly [one: AuditEvent, ...rules: readonly string[]])[],
): CorrelationMatch[] {
  return events.flatMap(([one, ...rules]) => [
    ...correlator.accept(matchesOf(one, ...rules), 'sender'),
    ...correlator.advance(one.cluster, 'sender', one.timeUs, one.receivedAtMs),
  ])
}

/** Seconds after the start of the test at which matches were completed. */
export function secondsOf(matches: readonly CorrelationMatch[]): number[] {
  return matches.map(({ event: { timeUs } }) => (timeUs - startUs) / second)
}
