import { toAuditEvent } from '../audit/event.ts'
import type { EventRule, Problem, Rule } from '../contracts.ts'
import { messageOf } from '../errors.ts'
import { ruleName } from './alert.ts'
import { unnoticedLeaves } from './leaf-coverage.ts'
import { logsourceProblem } from './logsource.ts'
import { type Mapping, mapEventRule } from './mapping.ts'
import { createRuleSet } from './match.ts'
import { leafText } from './mutants.ts'
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
  const tested = rules
    .filter((rule) => rule.kind === 'event')
    .filter(({ location }) => location.path.replace(/\.ya?ml$/, '') === stem)
  if (tested.length > 0) {
    const isWhole = problems.length === 0
    const results = tested.flatMap((rule) => {
      const own = cases.map((each) => runCase(mapEventRule(rule, mapping), each))
      const isHeld = isWhole && own.every(({ passed }) => passed)
      return isHeld ? [...own, ...untestedLeaves(rule, cases, mapping)] : own
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

function runCase(rule: EventRule, { name, event, isMatchExpected }: RuleCase): RuleTestResult {
  let failure: string | undefined
  const ruleSet = createRuleSet([rule], {
    onRuleFailure: (_rule, error) => {
      failure = messageOf(error)
    },
  })
  const isMatch =
    ruleSet.matchEvent(toAuditEvent({ ...event }, { cluster: 'test', receivedAtMs: 0 })).length > 0
  const passed = failure === undefined && ruleSet.rules.length > 0 && isMatch === isMatchExpected
  return {
    rule: ruleName(rule),
    case: name,
    passed,
    message: passed ? '' : (failure ?? reasonOf(rule, isMatch)),
  }
}

/** One result for each leaf that could be spoiled without a case that fails. */
function untestedLeaves(
  rule: EventRule,
  cases: readonly RuleCase[],
  mapping: Mapping,
): readonly RuleTestResult[] {
  return unnoticedLeaves(rule, cases, mapping).map(({ leaf, changes }) => ({
    rule: ruleName(rule),
    case: leafText(leaf),
    passed: false,
    message: `${leaf.location.path}:${leaf.location.line}:${leaf.location.column}: no case notices when this ${atMost(changes).join(', or ')}; add one that does`,
  }))
}

const maxChanges = 5

function atMost(changes: readonly string[]): readonly string[] {
  const more = changes.length - maxChanges
  return more > 0 ? [...changes.slice(0, maxChanges), `${more} more`] : changes
}

function reasonOf(rule: EventRule, isMatch: boolean): string {
  const other = logsourceProblem(rule)
  if (other !== undefined) return other.message
  return isMatch
    ? 'the rule matches this event and should not'
    : 'the rule does not match this event and should'
}
