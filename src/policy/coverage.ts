import type { AuditLevel, AuditPolicy, AuditStage } from '../audit/policy/types.ts'
import type { EventRule } from '../contracts.ts'
import { describeBox } from './describe-box.ts'
import { boxesOfAuditRule } from './policy-boxes.ts'
import {
  everyRequest,
  intersectBoxes,
  narrow,
  type RequestBox,
  uncoveredPart,
} from './request-box.ts'
import { isEnough, type Need, needsOf } from './rule-needs.ts'
import { exactly, prefix } from './text-set.ts'

/** Fed: sees all that it is about. Blind: sees nothing of it. */
export type CoverageStatus = 'fed' | 'blind' | 'partly'

export interface RuleCoverage {
  readonly rule: EventRule
  readonly status: CoverageStatus
  /** What is not recorded, or too poorly, a sentence each, with the audit policy's rule that decides it. */
  readonly missing: readonly string[]
}

/** What an audit policy does to some of the requests that a rule is about. */
interface Outcome {
  readonly box: RequestBox
  readonly level: AuditLevel
  readonly omitted: readonly AuditStage[]
  /** `rules[2]`, or that no rule matches. */
  readonly by: string
}

interface PolicyBoxes {
  readonly level: AuditLevel
  readonly omitted: readonly AuditStage[]
  readonly by: string
  readonly boxes: readonly RequestBox[]
  readonly before: readonly RequestBox[]
}

/** What an audit policy lets each rule see. */
export function coverageOf(
  rules: readonly EventRule[],
  policy: AuditPolicy,
): readonly RuleCoverage[] {
  const coverage = coverageUnder(policy)
  return rules.map((rule) => coverage(rule))
}

/** What an audit policy lets a rule see, with `others`: fields without which nothing comes of a match. */
export function coverageUnder(
  policy: AuditPolicy,
): (rule: EventRule, others?: readonly string[]) => RuleCoverage {
  const parts = partsOf(policy)
  const known = new Map<string, readonly Outcome[]>()
  const outcomesOf = (box: RequestBox): readonly Outcome[] => {
    const key = JSON.stringify(box)
    const found = known.get(key) ?? parts.flatMap((part) => outcomeOf(box, part))
    known.set(key, found)
    return found
  }
  return (rule, others = []) => ruleCoverage(rule, needsOf(rule, others), outcomesOf)
}

function partsOf(policy: AuditPolicy): readonly PolicyBoxes[] {
  const before: RequestBox[] = []
  const omitted = policy.omitStages
  const parts = policy.rules.map((rule, i): PolicyBoxes => {
    const boxes = boxesOfAuditRule(rule)
    const part = {
      level: rule.level,
      omitted: [...omitted, ...rule.omitStages],
      by: `rules[${i}]`,
      boxes,
      before: [...before],
    }
    before.push(...boxes)
    return part
  })
  const boxes = [true, false].flatMap((known) => [
    everyRequest(known, true),
    everyRequest(known, false),
  ])
  return [...parts, { level: 'None', omitted, by: 'no rule', boxes, before }]
}

function outcomeOf(box: RequestBox, part: PolicyBoxes): readonly Outcome[] {
  return part.boxes.flatMap((ofRule) => {
    const both = intersectBoxes(box, ofRule)
    const found = both === undefined ? undefined : uncoveredPart(both, part.before)
    return found === undefined || both === undefined ? [] : [{ ...part, box: both }]
  })
}

function ruleCoverage(
  rule: EventRule,
  needs: readonly Need[],
  outcomesOf: (box: RequestBox) => readonly Outcome[],
): RuleCoverage {
  const missing = new Set<string>()
  let isSeen = false
  for (const need of needs) {
    for (const box of need.boxes) {
      for (const outcome of outcomesOf(box)) {
        const { lost, poor } = lossOf(need, outcome)
        if (lost !== undefined) missing.add(lost)
        else isSeen = true
        if (poor !== undefined) missing.add(poor)
      }
    }
  }
  const status = !isSeen ? 'blind' : missing.size === 0 ? 'fed' : 'partly'
  return { rule, status, missing: [...missing] }
}

/** `lost`: nothing of it is seen. `poor`: seen late, in part, or with too much beside it. */
function lossOf(need: Need, outcome: Outcome): { readonly lost?: string; readonly poor?: string } {
  const { level, by } = outcome
  const what = describeBox(outcome.box)
  if (level === 'None') return { lost: `${what}: not recorded (${by})` }
  if (!isEnough(level, need.auditLevel))
    return {
      lost: `${what}: ${level} by ${by}, and ${need.bodyFields.join(', ')} needs ${need.auditLevel}`,
    }
  const stage = stageLoss(need, outcome, what)
  if (stage.lost !== undefined || stage.poor !== undefined) return stage
  if (isEnough(level, need.exactLevel)) return {}
  return {
    poor: `${what}: ${level} by ${by}, and what is left out by ${need.bodyFields.join(', ')} needs ${need.exactLevel}`,
  }
}

function stageLoss(
  { stages }: Need,
  { box, omitted, by }: Outcome,
  what: string,
): { readonly lost?: string; readonly poor?: string } {
  // A panic is no substitute for what ordinary requests show.
  const usual = stages.length === 1 ? stages : stages.filter((stage) => stage !== 'Panic')
  const isKept = (stage: (typeof stages)[number]): boolean =>
    usual.includes(stage) && !omitted.includes(stage)
  if (!box.isAuthenticated) {
    if (isKept('ResponseStarted') || !stages.includes('ResponseStarted')) return {}
    return { lost: `${what}: stage ResponseStarted is omitted (${by})` }
  }
  if (!usual.some(isKept)) return { lost: `${what}: stage ${usual.join(', ')} is omitted (${by})` }
  if (isKept('ResponseStarted') || !stages.includes('ResponseStarted')) return {}
  const long = longRunning.find((known) => intersectBoxes(box, known) !== undefined)
  if (long === undefined) return {}
  return {
    poor: `${what}: stage ResponseStarted is omitted (${by}), so that sessions and watches show only when they end`,
  }
}

/** Requests that have both stages (`kube-apiserver` `BasicLongRunningRequestCheck`, and `/debug/pprof`). */
const longRunning: readonly RequestBox[] = [
  narrow(everyRequest(true, true), 'verb', exactly('watch', 'proxy')),
  narrow(
    everyRequest(true, true),
    'subresource',
    exactly('attach', 'exec', 'proxy', 'log', 'portforward'),
  ),
  narrow(everyRequest(true, false), 'path', { include: [prefix('/debug/pprof/')], exclude: [] }),
]
