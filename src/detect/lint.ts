import type { Expr, Problem, Rule, SourceLocation } from '../contracts.ts'
import { groupByOf } from './alert.ts'
import { logsourceProblem } from './logsource.ts'
import { placeholderNames, placeholdersOf } from './summary.ts'

export interface LintOptions {
  /** Fields that events have. One that ends in `.*` or `.` stands for everything below it. */
  readonly knownFields: Iterable<string>
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
  const isKnown = fieldCheck(options.knownFields)
  return rules.flatMap((rule) => [
    ...[logsourceProblem(rule)].filter((problem) => problem !== undefined),
    ...missingKeys(rule),
    ...unknownFields(rule, isKnown),
    ...unknownPlaceholders(rule, isKnown),
  ])
}

function fieldCheck(knownFields: Iterable<string>): (path: string) => boolean {
  const exact = new Set<string>()
  const prefixes: string[] = []
  for (const field of knownFields) {
    if (field.endsWith('.*')) prefixes.push(field.slice(0, -1))
    else if (field.endsWith('.')) prefixes.push(field)
    else exact.add(field)
  }
  return (path) => exact.has(path) || prefixes.some((prefix) => path.startsWith(prefix))
}

function missingKeys({ missing, location }: Rule): Problem[] {
  return missing.map((key) => ({
    ...location,
    severity: 'warning',
    code: `lint.${key}`,
    message: `there is no \`${key}\`; ${adviceByKey[key] ?? 'add it'}`,
  }))
}

function unknownFields(rule: Rule, isKnown: (path: string) => boolean): Problem[] {
  const problems: Problem[] = []
  const seen = new Set<string>()
  const check = (path: string, location: SourceLocation): void => {
    if (isKnown(path) || seen.has(path)) return
    seen.add(path)
    const message = `audit events have no field \`${path}\`; correct its name`
    problems.push({ ...location, severity: 'warning', code: 'lint.field', message })
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

function unknownPlaceholders(rule: Rule, isKnown: (path: string) => boolean): Problem[] {
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
