import { toAuditEvent } from '../../../src/audit/event.ts'
import type { AuditEvent } from '../../../src/contracts.ts'
import { createRuleSet, type RuleMatch, type RuleSet } from '../../../src/detect/match.ts'
import { parseRules } from '../../../src/sigma/parse.ts'

/** What a test says of an event: its letters are the rules that it matches. */
export interface SketchedEvent {
  readonly is: string
  /** Seconds. */
  readonly at: number
  readonly cluster?: string
  /** Events of one request have the same; each is its own by default. */
  readonly request?: string
  readonly stage?: string
  /** Further keys of the event. */
  readonly with?: Readonly<Record<string, unknown>>
}

/** `a1 b2.5 ab3`: what an event is, and when. */
export function sketch(text: string): SketchedEvent[] {
  return text.split(' ').map((word) => {
    const [, is = '', at = ''] = /^([a-z]+)([\d.]+)$/.exec(word) ?? []
    return { is, at: Number(at) }
  })
}

export function eventsOf(sketched: readonly SketchedEvent[]): AuditEvent[] {
  return sketched.map((each, number) =>
    toAuditEvent(
      {
        kind: 'Event',
        auditID: each.request ?? String(number),
        stage: each.stage ?? 'ResponseComplete',
        stageTimestamp: timeText(each.at),
        is: [...each.is],
        ...each.with,
      },
      { cluster: each.cluster ?? 'one', receivedAtMs: 0 },
    ),
  )
}

function timeText(seconds: number): string {
  const whole = Math.floor(seconds)
  const microseconds = Math.round((seconds - whole) * 1e6)
  const time = new Date(Date.UTC(2026, 0, 1) + whole * 1000).toISOString().slice(0, 19)
  return `${time}.${String(microseconds).padStart(6, '0')}Z`
}

/** Rules `a` to `f`, each about its letter. */
export const lettersText = [...'abcdef']
  .map((letter) =>
    [
      `title: Rule ${letter}`,
      `name: ${letter}`,
      'logsource: { product: kubernetes }',
      `detection: { selection: { is: ${letter} }, condition: selection }`,
    ].join('\n'),
  )
  .join('\n---\n')

/** Those rules and further documents, all without a problem. */
export function ruleSetWith(...documents: readonly string[]): RuleSet {
  const text = [lettersText, ...documents].join('\n---\n')
  const { rules, problems } = parseRules([{ path: 'rules.yml', text }])
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'))
  return createRuleSet(rules, {
    onRuleFailure: (rule, error) => {
      throw new Error(`${rule.title} failed`, { cause: error })
    },
  })
}

/** A correlation named `name` of the lines within `correlation`, in flow style. */
export function correlation(lines: string, name = 'x', more = ''): string {
  return `title: ${name}\nname: ${name}\n${more}\ncorrelation: { ${lines} }`
}

export function matchesIn(ruleSet: RuleSet, events: readonly AuditEvent[]): RuleMatch[][] {
  return events.map((event) => [...ruleSet.matchEvent(event)])
}
