import { evaluateAuditPolicy } from '../audit/policy/evaluate.ts'
import { requestOfEvent } from '../audit/policy/request.ts'
import type { AuditLevel, AuditPolicy } from '../audit/policy/types.ts'
import { at, textOf } from '../audit/wire.ts'
import { parseTimeUs } from '../util/time.ts'
import { isEnough } from './rule-needs.ts'

/** What one rule of an audit policy records of some traffic; `null` = no rule, so nothing. */
export interface SimulatedRule {
  readonly rule: number | null
  readonly level: AuditLevel
  /** Requests that the rule decides, whether it records them or not. */
  readonly requests: number
  readonly events: number
  readonly bytes: number
}

export interface SimulatedTotal {
  readonly requests: number
  readonly events: number
  /** As JSON, with the bodies that the policy's level has. */
  readonly bytes: number
  /** Between the first and the last event; 0 when they carry no time. */
  readonly seconds: number
  readonly eventsPerDay: number | null
  readonly bytesPerDay: number | null
}

/** What the recording could not hold, so that the figures of the policy are too small. */
export interface Unknown {
  /** Events that the policy would record with bodies that the recording does not have. */
  readonly poorerThanPolicy: number
  readonly levels: readonly string[]
  readonly stages: readonly string[]
}

export interface Simulation {
  /** The event as the policy would have recorded it; undefined when it would not. */
  add(
    raw: Readonly<Record<string, unknown>>,
    requestId: string,
  ): Readonly<Record<string, unknown>> | undefined
  rules(): readonly SimulatedRule[]
  total(): SimulatedTotal
  unknown(): Unknown
}

/** Requests that are still open; the oldest are forgotten, and counted again if they go on. */
const maxOpenRequests = 500_000

/** Sends recorded events through an audit policy. Memory does not grow with them. */
export function createSimulation(policy: AuditPolicy): Simulation {
  const counts = new Map<number | null, { requests: number; events: number; bytes: number }>()
  const open = new Set<string>()
  const seen = { levels: new Set<string>(), stages: new Set<string>() }
  let poorerThanPolicy = 0
  let firstUs = Number.POSITIVE_INFINITY
  let lastUs = 0
  const isNew = (id: string, stage: string): boolean => {
    const wasOpen = open.delete(id)
    if (stage !== 'ResponseComplete' && stage !== 'Panic') open.add(id)
    if (open.size > maxOpenRequests) for (const oldest of open) if (open.delete(oldest)) break
    return !wasOpen
  }
  return {
    add: (raw, requestId) => {
      const level = textOf(at(raw, 'level'))
      const stage = textOf(at(raw, 'stage'))
      seen.levels.add(level)
      seen.stages.add(stage)
      const timeUs = parseTimeUs(textOf(at(raw, 'stageTimestamp'))) ?? 0
      if (timeUs > 0) {
        firstUs = Math.min(firstUs, timeUs)
        lastUs = Math.max(lastUs, timeUs)
      }
      const decision = evaluateAuditPolicy(policy, requestOfEvent(raw))
      const count = counts.get(decision.rule) ?? { requests: 0, events: 0, bytes: 0 }
      counts.set(decision.rule, count)
      if (isNew(requestId, stage)) count.requests += 1
      if (decision.level === 'None' || decision.omitStages.some((omitted) => omitted === stage))
        return undefined
      if (!isEnough(level, decision.level)) poorerThanPolicy += 1
      const kept = atLevel(raw, decision.level)
      count.events += 1
      count.bytes += Buffer.byteLength(JSON.stringify(kept))
      return kept
    },
    rules: () => [
      ...policy.rules.map((rule, i) => ({
        rule: i,
        level: rule.level,
        ...(counts.get(i) ?? none),
      })),
      { rule: null, level: 'None', ...(counts.get(null) ?? none) },
    ],
    total: () => totalOf([...counts.values()], lastUs === 0 ? 0 : (lastUs - firstUs) / 1e6),
    unknown: () => ({
      poorerThanPolicy,
      levels: [...seen.levels].sort(),
      stages: [...seen.stages].sort(),
    }),
  }
}

const none = { requests: 0, events: 0, bytes: 0 }
const secondsPerDay = 86_400

function totalOf(counts: readonly (typeof none)[], seconds: number): SimulatedTotal {
  const sum = (of: keyof typeof none): number => counts.reduce((all, count) => all + count[of], 0)
  const perDay = (amount: number): number | null =>
    seconds === 0 ? null : Math.round((amount / seconds) * secondsPerDay)
  const [events, bytes] = [sum('events'), sum('bytes')]
  return {
    requests: sum('requests'),
    events,
    bytes,
    seconds,
    eventsPerDay: perDay(events),
    bytesPerDay: perDay(bytes),
  }
}

/** The event without the bodies that the level does not have. Bodies that were not recorded cannot be added. */
function atLevel(
  raw: Readonly<Record<string, unknown>>,
  level: AuditLevel,
): Readonly<Record<string, unknown>> {
  const recorded = textOf(at(raw, 'level'))
  if (recorded === level || !isEnough(recorded, level)) return raw
  const { requestObject, responseObject: _, ...rest } = raw
  const kept = { ...rest, level }
  return level === 'Request' && requestObject !== undefined ? { ...kept, requestObject } : kept
}
