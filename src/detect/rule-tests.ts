import { toAuditEvent } from '../audit/event.ts'
import type { Problem, Rule } from '../contracts.ts'
import { messageOf } from '../errors.ts'
import { ruleName } from './alert.ts'
import { logsourceProblem } from './logsource.ts'
import { createRuleSet } from './match.ts'
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
}

/** Runs every case of a test file on every rule of the file that it tests. Never throws. */
export function runRuleTests({ rules, testFile, bases }: RuleTestOptions): {
  readonly results: readonly RuleTestResult[]
  readonly problems: readonly Problem[]
} {
  const { cases, problems } = readTestFile(testFile, bases)
  const stem = testFile.path.replace(/\.test\.ya?ml$/, '')
  const tested = rules.filter(({ location }) => location.path.replace(/\.ya?ml$/, '') === stem)
  if (tested.length > 0)
    return { results: tested.flatMap((rule) => cases.map((each) => runCase(rule, each))), problems }
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

function runCase(rule: Rule, { name, event, isMatchExpected }: RuleCase): RuleTestResult {
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

function reasonOf(rule: Rule, isMatch: boolean): string {
  const other = logsourceProblem(rule)
  if (other !== undefined) return other.message
  return isMatch
    ? 'the rule matches this event and should not'
    : 'the rule does not match this event and should'
}
