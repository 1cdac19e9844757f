import type { CorrelationRule, Problem, Rule, SourceLocation } from '../contracts.ts'
import { messageOf } from '../errors.ts'
import { ruleName } from './alert.ts'
import { eventsOfCase, isMatched } from './case-verdict.ts'
import { unnoticedKeysOfPart, unnoticedLeaves, unnoticedLeavesOfPart } from './leaf-coverage.ts'
import { logsourceProblem } from './logsource.ts'
import { type Mapping, mapRule } from './mapping.ts'
import { leafText } from './mutants.ts'
import { rolesOf } from './rule-roles.ts'
import { type RuleCase, readTestFile, type TestFile } from './test-file.ts'

export interface RuleTestResult {
  readonly rule: string
  readonly case: string
  readonly passed: boolean
  /** Why it did not pass; empty when it did. */
  readonly message: string
}

export interface RuleTestOptions {
  /** At least those of the file under test; others are left aside. */
  readonly rules: readonly Rule[]
  /** `x.test.yml` tests the rules of `x.yml` beside it. */
  readonly testFile: TestFile
  /** Base events by name. */
  readonly bases: ReadonlyMap<string, object>
  /** What names in the rules stand for. Default: themselves. */
  readonly mapping?: Mapping
}

const noMapping: Mapping = { fields: new Map(), values: [] }

/**
 * Runs every case of a test file on every rule of the file that it tests. Where all pass, every leaf of the condition is
 * spoiled as well: one that no case notices is a result that did not pass. Never throws.
 */
export function runRuleTests({ rules, testFile, bases, mapping = noMapping }: RuleTestOptions): {
  readonly results: readonly RuleTestResult[]
  readonly problems: readonly Problem[]
} {
  const { cases, problems } = readTestFile(testFile, bases)
  const stem = testFile.path.replace(/\.test\.ya?ml$/, '')
  const own = rules.filter(({ location }) => location.path.replace(/\.ya?ml$/, '') === stem)
  const { silent } = rolesOf(own, () => true)
  const tested = own.filter(({ id }) => !silent.has(id))
  if (tested.length > 0) {
    const isWhole = problems.length === 0
    const results = tested.flatMap((rule) => {
      const found = cases.map((each) => runCase(rule, own, each, mapping))
      const isHeld = isWhole && found.every(({ passed }) => passed)
      return isHeld ? [...found, ...untestedLeaves(rule, own, cases, mapping)] : found
    })
    return { results, problems }
  }
  const message = `there is no rule to test: \`${stem}.yml\` holds none`
  const problem: Problem = {
    path: testFile.path,
    line: 1,
    column: 1,
    severity: 'error',
    code: 'test.rule',
    message,
  }
  return { results: [], problems: [...problems, problem] }
}

function runCase(
  rule: Rule,
  rules: readonly Rule[],
  each: RuleCase,
  mapping: Mapping,
): RuleTestResult {
  let failure: string | undefined
  const mapped = rules.map((other) => mapRule(other, mapping))
  const isMatch = isMatched(rule, mapped, eventsOfCase(each), (error) => {
    failure = messageOf(error)
  })
  const isActive = rule.kind === 'correlation' || logsourceProblem(rule) === undefined
  const passed = failure === undefined && isActive && isMatch === each.isMatchExpected
  return {
    rule: ruleName(rule),
    case: each.name,
    passed,
    message: passed ? '' : (failure ?? reasonOf(rule, isMatch)),
  }
}

/** One result for each leaf, of the rule or of those that it refers to, that could be spoiled without a case that fails. */
function untestedLeaves(
  rule: Rule,
  rules: readonly Rule[],
  cases: readonly RuleCase[],
  mapping: Mapping,
): readonly RuleTestResult[] {
  const leaves =
    rule.kind === 'event'
      ? unnoticedLeaves(rule, cases, mapping)
      : rules
          .filter((part) => part.kind === 'event')
          .flatMap((part) => unnoticedLeavesOfPart(part, rule, rules, cases, mapping))
  return [
    ...leaves.map(({ leaf, changes }) => untested(rule, leafText(leaf), leaf.location, changes)),
    ...(rule.kind === 'event' ? [] : untestedKeys(rule, rules, cases, mapping)),
  ]
}

/** One result for each key of the correlation, or of one that it refers to, that could be spoiled in the same way. */
function untestedKeys(
  rule: CorrelationRule,
  rules: readonly Rule[],
  cases: readonly RuleCase[],
  mapping: Mapping,
): readonly RuleTestResult[] {
  const parts = rules.filter((part) => part.kind === 'correlation')
  return parts.flatMap((part) => {
    const mutants = unnoticedKeysOfPart(part, rule, rules, cases, mapping)
    return [...Map.groupBy(mutants, ({ key }) => key)].map(([key, some]) => {
      const location = part.keyLocations[`correlation.${key}`] ?? part.location
      const changes = some.map(({ change }) => change)
      return untested(rule, `${ruleName(part)}: ${key}`, location, changes)
    })
  })
}

function untested(
  rule: Rule,
  what: string,
  { path, line, column }: SourceLocation,
  changes: readonly string[],
): RuleTestResult {
  return {
    rule: ruleName(rule),
    case: what,
    passed: false,
    message: `${path}:${line}:${column}: no case notices when this ${atMost(changes).join(', or ')}; add one that does`,
  }
}

const maxChanges = 5

function atMost(changes: readonly string[]): readonly string[] {
  const more = changes.length - maxChanges
  return more > 0 ? [...changes.slice(0, maxChanges), `${more} more`] : changes
}

function reasonOf(rule: Rule, isMatch: boolean): string {
  const other = rule.kind === 'event' ? logsourceProblem(rule) : undefined
  if (other !== undefined) return other.message
  return isMatch
    ? 'the rule matches this event and should not'
    : 'the rule does not match this event and should'
}
