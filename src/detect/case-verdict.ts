import { toAuditEvent, withCredential } from '../audit/event.ts'
import type { AuditEvent, Rule } from '../contracts.ts'
import { createCorrelator } from './correlate/create.ts'
import { createCredentials } from './credentials/credentials.ts'
import { createRuleSet } from './match.ts'
import type { RuleCase } from './test-file.ts'

/** The events of a case, the last one being its own, with what is remembered of those before. */
export function eventsOfCase({ before, event }: RuleCase): readonly AuditEvent[] {
  const credentials = createCredentials()
  return [...before, event].map((raw) => {
    const plain = toAuditEvent({ ...raw }, { cluster: 'test', receivedAtMs: 0 })
    return withCredential(plain, credentials.observe(plain))
  })
}

/**
 * Whether a rule matches the last of the events, and then, for a correlation, no event comes any more. `rules` are it and all that it
 * refers to. `failure` is told of a rule that threw.
 */
export function isMatched(
  rule: Rule,
  rules: readonly Rule[],
  events: readonly AuditEvent[],
  failure: (error: unknown) => void,
): boolean {
  const last = events.at(-1)
  if (last === undefined) return false
  const ruleSet = createRuleSet(rules, { onRuleFailure: (_rule, error) => failure(error) })
  if (rule.kind === 'event')
    return ruleSet.matchEvent(last).some((match) => match.rule.id === rule.id)
  const correlator = createCorrelator(ruleSet.correlations)
  const told = events.flatMap((event) => {
    const matches = ruleSet.matchEvent(event)
    return matches.length === 0 ? [] : correlator.accept(matches, '')
  })
  return [...told, ...correlator.close()].some(
    (match) => match.rule.id === rule.id && match.event.id === last.id,
  )
}
