import type { EventRule, Expr, Problem, Rule, RuleMetadata, SourceLocation } from '../contracts.ts'
import { groupByOf } from './episode/settings.ts'
import { type FieldTable, fieldTable, unknownField } from './field-table.ts'
import { lintCondition } from './lint-condition.ts'
import { lintCorrelation } from './lint-correlation.ts'
import { lintTags } from './lint-tags.ts'
import { logsourceProblem } from './logsource.ts'
import { rolesOf } from './rule-roles.ts'
import { placeholderNames, placeholdersOf } from './summary.ts'

export interface LintOptions {
  /** Fields that events have. One that ends in `.*` or `.` stands for everything below it. */
  readonly knownFields: Iterable<string>
  /** Whether cases stand beside the rule file of that path. Default: all have them. */
  readonly hasTests?: (path: string) => boolean
}

const adviceByKey: Readonly<Record<string, string>> = {
  id: 'give it a UUID of its own, so that its alerts keep their ids when its title changes',
  status: 'say how far it has been tried: experimental, test or stable',
  author: 'say who to ask',
  date: 'say when it was written, as YYYY-MM-DD',
  level: 'say what an alert is worth; without it the level is medium',
  references: 'say where the technique is described',
  falsepositives: 'say what harmless activity looks the same',
}

/** What is worth mending in rules that load. */
export function lintRules(rules: readonly Rule[], options: LintOptions): Problem[] {
  const fields = fieldTable(options.knownFields)
  const hasTests = options.hasTests ?? (() => true)
  const { silent } = rolesOf(rules, () => true)
  return rules.flatMap((rule) => [
    // What a rule is worth, and why, is said by the correlation that it is a part of.
    ...(silent.has(rule.id) ? [] : missingKeys(rule)),
    ...retired(rule),
    ...lintTags(rule),
    ...(hasTests(rule.location.path) ? [] : [untested(rule)]),
    ...unknownPlaceholders(rule, fields.isKnown),
    ...(rule.kind === 'event' ? lintEventRule(rule, fields) : lintCorrelation(rule, fields)),
  ])
}

function lintEventRule(rule: EventRule, fields: FieldTable): Problem[] {
  const other = logsourceProblem(rule)
  return [
    ...(other === undefined ? [] : [other]),
    ...unknownFields(rule, fields),
    ...lintCondition(rule),
  ]
}

function retired({ status, keyLocations, location }: RuleMetadata): Problem[] {
  if (status !== 'deprecated' && status !== 'unsupported') return []
  const message = `a rule of status ${status} is evaluated all the same; remove it, or give it the status test`
  return [
    {
      ...(keyLocations['status'] ?? location),
      severity: 'warning',
      code: 'lint.retired',
      message,
    },
  ]
}

function untested({ location }: RuleMetadata): Problem {
  const file = location.path.replace(/\.(ya?ml)$/, '.test.$1')
  const message = `nothing shows that this rule matches what it should; write cases into ${file}`
  return { ...location, severity: 'warning', code: 'lint.untested', message }
}

function missingKeys({ missing, location }: RuleMetadata): Problem[] {
  return missing.map((key) => ({
    ...location,
    severity: 'warning',
    code: `lint.${key}`,
    message: `there is no \`${key}\`; ${adviceByKey[key] ?? 'add it'}`,
  }))
}

function unknownFields(rule: EventRule, fields: FieldTable): Problem[] {
  const problems: Problem[] = []
  const seen = new Set<string>()
  const check = (path: string, location: SourceLocation): void => {
    if (seen.has(path)) return
    seen.add(path)
    problems.push(...unknownField(path, location, fields))
  }
  const visit = (expr: Expr): void => {
    switch (expr.kind) {
      case 'and':
      case 'or':
        for (const item of expr.items) visit(item)
        break
      case 'not':
        visit(expr.item)
        break
      case 'field':
        if (expr.paths === undefined) check(expr.path, expr.location)
        break
      case 'elements':
        check(expr.path, expr.location)
        break
      case 'fieldPair':
        check(expr.path, expr.location)
        check(expr.otherPath, expr.location)
        break
      case 'keyword':
        break
      default:
        expr satisfies never
    }
  }
  visit(rule.condition)
  return problems
}

function unknownPlaceholders(rule: RuleMetadata, isKnown: (path: string) => boolean): Problem[] {
  const unknown = (name: string): boolean => !placeholderNames.includes(name) && !isKnown(name)
  const problem = (message: string): Problem => ({
    ...rule.location,
    severity: 'error',
    code: 'lint.placeholder',
    message,
  })
  const known = placeholderNames.join(', ')
  return [
    ...placeholdersOf(rule)
      .filter(unknown)
      .map((name) =>
        problem(`the summary names \`{${name}}\`, which is neither a field nor one of ${known}`),
      ),
    ...groupByOf(rule)
      .filter(unknown)
      .map((name) =>
        problem(`\`groupBy\` names \`${name}\`, which is neither a field nor one of ${known}`),
      ),
  ]
}
