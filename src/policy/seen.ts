import { requestOfEvent } from '../audit/policy/request.ts'
import type { AuditRequest } from '../audit/policy/types.ts'
import { at, textOf } from '../audit/wire.ts'
import type { EventRule } from '../contracts.ts'
import { holdsRequest, kindOf, mayHold } from './holds-request.ts'
import { isEnough, type Need, needsOf } from './rule-needs.ts'

/** What a rule needs of the stream, as plain data, which crosses threads. */
export interface RuleFeed {
  readonly id: string
  /** What the rule is called by. */
  readonly rule: string
  readonly needs: readonly StreamNeed[]
}

/** Whoever reads no body needs no request in particular: no boxes then. */
type StreamNeed = Pick<Need, 'boxes' | 'auditLevel' | 'bodyFields' | 'stages'>

/** `name`: what the rule is called by. */
export function feedOf(rule: EventRule, name: string): RuleFeed {
  return { id: rule.id, rule: name, needs: needsOf(rule).map(streamNeed) }
}

function streamNeed({ boxes, auditLevel, bodyFields, stages }: Need): StreamNeed {
  return { boxes: auditLevel === 'Metadata' ? [] : boxes, auditLevel, bodyFields, stages }
}

/** A rule that nothing in the stream can have fed, and why. */
export interface BlindRule {
  readonly id: string
  readonly rule: string
  readonly because: string
}

export interface SeenStream {
  readonly sampled: number
  readonly levels: readonly string[]
  readonly stages: readonly string[]
  /** `group/resource`, the first of them. */
  readonly resources: readonly string[]
  readonly blind: readonly BlindRule[]
}

/** What a sample of one cluster's events shows of the audit policy that it is fed by. */
export interface StreamSample {
  add(raw: Readonly<Record<string, unknown>>): void
  seen(): SeenStream
}

interface NeedSeen {
  readonly need: StreamNeed
  requests: number
  enough: number
}

/** Before so many samples, a stage that was not seen says nothing. */
const samplesForStages = 500
const maxResources = 500
const maxTexts = 8
/** What is remembered of more kinds of requests than that is forgotten. */
const maxKinds = 500

/** Memory is bounded by the rules; an added event costs the rules that read bodies of its kind of request, no others. */
export function createStreamSample(feeds: readonly RuleFeed[]): StreamSample {
  const levels = new Set<string>()
  const stages = new Set<string>()
  const resources = new Set<string>()
  const byRule = feeds.map(({ id, rule, needs }) => ({
    id,
    rule,
    needs: needs.map((need): NeedSeen => ({ need, requests: 0, enough: 0 })),
  }))
  const readingBodies = byRule
    .flatMap(({ needs }) => needs)
    .filter(({ need }) => need.auditLevel !== 'Metadata')
  /** Most requests are of a few kinds, and about most kinds no rule asks. */
  const readingOfKind = new Map<string, readonly NeedSeen[]>()
  const readingFor = (request: AuditRequest): readonly NeedSeen[] => {
    const kind = kindOf(request)
    const known = readingOfKind.get(kind)
    if (known !== undefined) return known
    const reading = readingBodies.filter(({ need }) =>
      need.boxes.some((box) => mayHold(box, request)),
    )
    if (readingOfKind.size >= maxKinds) readingOfKind.clear()
    readingOfKind.set(kind, reading)
    return reading
  }
  let sampled = 0
  return {
    add: (raw) => {
      sampled += 1
      const level = textOf(at(raw, 'level'))
      addBounded(levels, level, maxTexts)
      addBounded(stages, textOf(at(raw, 'stage')), maxTexts)
      const request = requestOfEvent(raw)
      if (request.isResource)
        addBounded(resources, `${request.apiGroup}/${request.resource}`.slice(0, 200), maxResources)
      for (const seen of readingFor(request)) {
        if (!seen.need.boxes.some((box) => holdsRequest(box, request))) continue
        seen.requests += 1
        if (isEnough(level, seen.need.auditLevel)) seen.enough += 1
      }
    },
    seen: () => ({
      sampled,
      levels: [...levels].sort(),
      stages: [...stages].sort(),
      resources: [...resources].sort(),
      blind: byRule.flatMap(({ id, rule, needs }) => {
        const because = blindness(needs, stages, sampled)
        return because === undefined ? [] : [{ id, rule, because }]
      }),
    }),
  }
}

function addBounded(set: Set<string>, text: string, most: number): void {
  if (set.size < most) set.add(text)
}

/** Why none of the needs is met, or undefined when one is, or may be. */
function blindness(
  needs: readonly NeedSeen[],
  stages: ReadonlySet<string>,
  sampled: number,
): string | undefined {
  const reasons = needs.map(({ need, requests, enough }) => {
    if (requests > 0 && enough === 0)
      return `its requests come below audit level ${need.auditLevel}, which ${need.bodyFields.join(', ')} needs`
    if (sampled >= samplesForStages && !need.stages.some((stage) => stages.has(stage)))
      return `no event came at stage ${need.stages.join(' or ')}`
    return undefined
  })
  return reasons.every((reason) => reason !== undefined) ? reasons[0] : undefined
}
