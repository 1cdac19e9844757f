import { findDerivedField } from '../audit/derived/table.ts'
import type { FieldNames } from '../audit/fields.ts'
import { TextPool } from '../audit/text-pool.ts'
import type {
  AuditEvent,
  CorrelationRule,
  EventBatch,
  EventRule,
  Expr,
  Level,
  Problem,
  Rule,
} from '../contracts.ts'
import { type BatchMatches, BatchMatching } from './batch-matches.ts'
import { type Condition, createConditionCompiler } from './compile.ts'
import type { Credentials } from './credentials/credentials.ts'
import { createRuleIndex } from './index.ts'
import { isAuditLogsource, logsourceProblem } from './logsource.ts'
import { nothingRequired } from './requirement.ts'
import { rolesOf } from './rule-roles.ts'
import { createSlowRules, type RuleTiming } from './slow-rules.ts'
import { type Ways, waysOf } from './ways.ts'

/** One event rule on one event. */
export interface RuleMatch {
  readonly rule: EventRule
  readonly event: AuditEvent
  /** Of its batch, from 0. */
  readonly itemNumber: number
}

/** Compiled rules. Not for two threads, and not reentrant. */
export interface RuleSet {
  /** The rules that are evaluated on events. */
  readonly rules: readonly EventRule[]
  /** Those that are to be evaluated on their matches. */
  readonly correlations: readonly CorrelationRule[]
  /** Ids of those of both whose matches only feed correlations: nobody is told of them. */
  readonly silent: ReadonlySet<string>
  /** Why others are not. */
  readonly problems: readonly Problem[]
  /** With `credentials`, those observe what they need to, and fields of what is remembered have values. */
  open(batch: EventBatch, credentials?: Credentials): BatchMatches
  /** Evaluates all rules on one event. */
  matchEvent(event: AuditEvent): readonly RuleMatch[]
}

export interface RuleSetOptions {
  /** Rules below it are left out, unless a correlation that stays refers to them. Default: none are. */
  readonly minimumLevel?: Level
  /** `wire`: fields are keys as they stand, derived ones have no meaning, and neither have logsources. Default: `event`. */
  readonly fieldNames?: FieldNames
  /** Where the time of objects of another kind stands. Default: the times of audit events. */
  readonly timeField?: string | undefined
  /** Told once of a rule that threw, or was far too slow again and again: it is off from then on, and the others go on. */
  readonly onRuleFailure: (rule: EventRule, error: unknown) => void
  /** Lets slow rules be found, in batches. Default: nobody watches. */
  readonly timing?: RuleTiming
}

interface CompiledRule {
  readonly rule: EventRule
  readonly condition: Condition
  isDisabled: boolean
}

const nothing: readonly RuleMatch[] = []

const levels: readonly Level[] = ['informational', 'low', 'medium', 'high', 'critical']

/**
 * Compiles the rules that are about audit events. None can hang: every test takes time linear in the size of the event,
 * regular expressions included. One that is slow all the same is found afterwards.
 */
export function createRuleSet(rules: readonly Rule[], options: RuleSetOptions): RuleSet {
  const minimum = levels.indexOf(options.minimumLevel ?? 'informational')
  const fieldNames = options.fieldNames ?? 'event'
  const isAbout = ({ kind, logsource }: Rule) =>
    fieldNames === 'wire' || kind === 'correlation' || isAuditLogsource(logsource)
  const roles = rolesOf(rules, ({ level }) => levels.indexOf(level) >= minimum)
  const active = roles.events.filter(isAbout)
  const compiler = createConditionCompiler(fieldNames)
  const compiled = active.map(
    (rule): CompiledRule => ({
      rule,
      condition: compiler.compile(rule.condition),
      isDisabled: false,
    }),
  )
  const everyRule = compiled.map((_rule, number) => number)
  const slowRules = createSlowRules(options.timing, (number, message) => {
    const entry = compiled[number]!
    entry.isDisabled = true
    options.onRuleFailure(entry.rule, new Error(message))
  })

  const evaluate = (
    event: AuditEvent,
    itemNumber: number,
    candidates: readonly number[],
  ): readonly RuleMatch[] => {
    let matches: RuleMatch[] | undefined
    compiler.look(event)
    for (const number of candidates) {
      const entry = compiled[number]!
      if (!isTrue(entry, options.onRuleFailure)) continue
      matches ??= []
      matches.push({ rule: entry.rule, event, itemNumber })
    }
    return matches ?? nothing
  }

  /** The same, and rules that are far too slow are found. */
  const evaluateTimed = (
    event: AuditEvent,
    item: number,
    eventBytes: number,
    candidates: readonly number[],
  ): readonly RuleMatch[] => {
    slowRules.begin()
    const matches = evaluate(event, item, candidates)
    if (!slowRules.isOver(eventBytes)) return matches
    slowRules.blame(eventBytes, candidates, (number) => {
      compiler.look(event)
      isTrue(compiled[number]!, options.onRuleFailure)
    })
    return matches
  }

  const matching = new BatchMatching({
    index: createRuleIndex(active.map((rule) => waysFor(rule.condition, fieldNames))),
    texts: new TextPool(),
    timeField: options.timeField,
    evaluate: evaluateTimed,
  })

  return {
    rules: active,
    correlations: roles.correlations,
    silent: roles.silent,
    problems: rules.flatMap((rule) => (isAbout(rule) ? [] : (logsourceProblem(rule) ?? []))),
    matchEvent: (event) => evaluate(event, 0, everyRule),
    open: (batch, credentials) =>
      matching.open(batch, fieldNames === 'event' ? credentials : undefined),
  }
}

/** The index is about derived fields where it knows their names, so a key that is called so has to be looked up. */
function waysFor(condition: Expr, names: FieldNames): Ways {
  return names === 'wire' && namesDerivedField(condition) ? [nothingRequired] : waysOf(condition)
}

function namesDerivedField(expr: Expr): boolean {
  switch (expr.kind) {
    case 'and':
    case 'or':
      return expr.items.some(namesDerivedField)
    case 'not':
      return namesDerivedField(expr.item)
    case 'field':
    case 'elements':
      return findDerivedField(expr.path) !== undefined
    case 'keyword':
      return false
    case 'fieldPair':
      return [expr.path, expr.otherPath].some((path) => findDerivedField(path) !== undefined)
    default:
      return expr satisfies never
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
