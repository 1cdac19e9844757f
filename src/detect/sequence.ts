import { at, textOf, type WireObject } from '../audit/wire.ts'
import { timespanUsOf } from '../sigma/timespan.ts'
import { formatTimeUs, parseTimeUs } from '../util/time.ts'

/** The events before the one of a case, and how long after the one before it each of them is. */
export interface Sequence {
  readonly steps: readonly { readonly event: WireObject; readonly afterUs: number }[]
  /** Of the case's own event. */
  readonly afterUs: number
}

/** What a step may have. */
export const stepKeys = ['base', 'event', 'change', 'each', 'repeat', 'after'] as const

const defaultAfter = '1s'
const maxRepeat = 10_000

/**
 * Reads `before` and `after` of a case:
 *
 *     before:
 *       - { base: pod-exec }
 *       - base: secret-get          # as in a case, with `change` and `each`
 *         each: { objectRef.name: [a, b, c] }
 *         repeat: 2                 # all of that again
 *         after: 30s                # between two events; 1s if not said
 *     after: 10m
 *
 * A text says what is wrong.
 */
export function readSequence(
  { before = [], after }: { readonly before?: unknown; readonly after?: unknown },
  eventsOf: (step: WireObject) => readonly WireObject[] | string,
): Sequence | string {
  const afterUs = timespanUsOf(after ?? defaultAfter)
  if (afterUs === undefined) return noDuration
  if (!Array.isArray(before)) return '`before` has to be a list of events'
  if (after !== undefined && before.length === 0) return '`after` needs a `before`'
  const steps: { event: WireObject; afterUs: number }[] = []
  for (const step of before) {
    const read = readStep(step, eventsOf)
    if (typeof read === 'string') return read
    steps.push(...read)
  }
  return { steps, afterUs }
}

const noDuration = '`after` has to be a time such as 30s, 10m, 2h or 1d'

function readStep(
  step: unknown,
  eventsOf: (step: WireObject) => readonly WireObject[] | string,
): Sequence['steps'] | string {
  if (typeof step !== 'object' || step === null) return 'a step of `before` has to be a map'
  const unknown = Object.keys(step).find((key) => !stepKeys.some((known) => known === key))
  if (unknown !== undefined) return `a step has no \`${unknown}\`; it has ${stepKeys.join(', ')}`
  // A map of YAML, whose keys have just been looked at.
  const { repeat = 1, after = defaultAfter, ...rest } = step as WireObject
  const afterUs = timespanUsOf(after)
  if (afterUs === undefined) return noDuration
  if (!Number.isInteger(repeat) || Number(repeat) < 1 || Number(repeat) > maxRepeat)
    return `\`repeat\` has to be a number from 1 to ${maxRepeat}`
  const events = eventsOf(rest)
  if (typeof events === 'string') return events
  const once = events.map((event) => ({ event, afterUs }))
  return Array.from({ length: Number(repeat) }, () => once).flat()
}

const timeKeys = ['requestReceivedTimestamp', 'stageTimestamp'] as const

/** The events of a case at their times: the last one keeps its own, the others come before it. */
export function timed(
  { steps, afterUs }: Sequence,
  last: WireObject,
): { readonly before: readonly WireObject[]; readonly event: WireObject } {
  if (steps.length === 0) return { before: [], event: last }
  let timeUs = parseTimeUs(textOf(at(last, 'stageTimestamp'))) ?? Date.UTC(2026, 0, 1) * 1000
  const event = setTimes(last, timeUs)
  timeUs -= afterUs
  const before: WireObject[] = []
  for (const step of steps.toReversed()) {
    before.push(setTimes(step.event, timeUs))
    timeUs -= step.afterUs
  }
  return { before: before.reverse(), event }
}

/** All of a request is at one time. */
function setTimes(event: WireObject, timeUs: number): WireObject {
  const time = formatTimeUs(timeUs)
  return { ...event, ...Object.fromEntries(timeKeys.map((key) => [key, time])) }
}
