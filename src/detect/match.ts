import { decodeItem, toAuditEvent } from '../audit/event.ts'
import type { AuditEvent, EventBatch, Level, Problem, Rule } from '../contracts.ts'
import { type Condition, createConditionCompiler } from './compile.ts'
import { createRuleIndex } from './index.ts'
import { isAuditLogsource, logsourceProblem } from './logsource.ts'
import { requirementOf } from './requirement.ts'

/** One event rule on one event. */
export interface RuleMatch {
  readonly rule: Rule
  readonly event: AuditEvent
  /** Of its batch, from 0. */
  readonly itemNumber: number
}

export interface BatchResult {
  /** In the order of the items, and of the rules within an item. */
  readonly matches: readonly RuleMatch[]
  /** Items that some rule could match, and that were therefore decoded. */
  readonly decoded: number
  readonly undecodable: readonly { readonly item: number; readonly error: unknown }[]
}

/** Compiled rules. Not for two threads, and not reentrant. */
export interface RuleSet {
  /** The rules that are evaluated. */
  readonly rules: readonly Rule[]
  /** Why others are not. */
  readonly problems: readonly Problem[]
  /** Evaluates all rules on all items; decodes only items that some rule can match. Never throws. */
  matchBatch(batch: EventBatch): BatchResult
  /** Evaluates all rules on one event. */
  matchEvent(event: AuditEvent): readonly RuleMatch[]
}

export interface RuleSetOptions {
  /** Rules below it are left out. Default: none are. */
  readonly minimumLevel?: Level
  /** Told once of a rule that threw: it is off from then on, and the others go on. */
  readonly onRuleFailure: (rule: Rule, error: unknown) => void
}

interface CompiledRule {
  readonly rule: Rule
  readonly condition: Condition
  isDisabled: boolean
}

const levels: readonly Level[] = ['informational', 'low', 'medium', 'high', 'critical']

/**
 * Compiles the rules that are about audit events. There is no time limit per rule: every test takes time linear in
 * the size of the event (regular expressions included), so none can hang.
 */
export function createRuleSet(rules: readonly Rule[], options: RuleSetOptions): RuleSet {
  const minimum = levels.indexOf(options.minimumLevel ?? 'informational')
  const active = rules.filter(
    (rule) => isAuditLogsource(rule.logsource) && levels.indexOf(rule.level) >= minimum,
  )
  const compiler = createConditionCompiler()
  const compiled = active.map(
    (rule): CompiledRule => ({
      rule,
      condition: compiler.compile(rule.condition),
      isDisabled: false,
    }),
  )
  const index = createRuleIndex(active.map((rule) => requirementOf(rule.condition)))
  const everyRule = compiled.map((_rule, number) => number)

  const evaluate = (
    event: AuditEvent,
    itemNumber: number,
    candidates: readonly number[],
    matches: RuleMatch[],
  ): void => {
    compiler.look(event)
    for (const number of candidates) {
      const entry = compiled[number]!
      if (isTrue(entry, options.onRuleFailure))
        matches.push({ rule: entry.rule, event, itemNumber })
    }
  }

  return {
    rules: active,
    problems: rules.flatMap((rule) => logsourceProblem(rule) ?? []),
    matchEvent: (event) => {
      const matches: RuleMatch[] = []
      evaluate(event, 0, everyRule, matches)
      return matches
    },
    matchBatch: (batch) => {
      const matches: RuleMatch[] = []
      const undecodable: { item: number; error: unknown }[] = []
      const candidatesOf = index.open(batch.index)
      let decoded = 0
      for (let item = 0; item < batch.index.count; item++) {
        const candidates = candidatesOf(item)
        if (candidates.length === 0) continue
        const event = eventOf(batch, item, undecodable)
        if (event === undefined) continue
        decoded += 1
        evaluate(event, item, candidates, matches)
      }
      return { matches, decoded, undecodable }
    },
  }
}

function isTrue(entry: CompiledRule, onRuleFailure: RuleSetOptions['onRuleFailure']): boolean {
  if (entry.isDisabled) return false
  try {
    return entry.condition()
  } catch (error) {
    entry.isDisabled = true
    onRuleFailure(entry.rule, error)
    return false
  }
}

function eventOf(
  batch: EventBatch,
  item: number,
  undecodable: { item: number; error: unknown }[],
): AuditEvent | undefined {
  try {
    const { cluster, receivedAtMs } = batch
    return toAuditEvent(decodeItem(batch, item), { cluster, receivedAtMs })
  } catch (error) {
    undecodable.push({ item, error })
    return undefined
  }
}
