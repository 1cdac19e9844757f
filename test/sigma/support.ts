import type { EventRule, Expr, Problem } from '../../src/contracts.ts'
import { compileElements } from '../../src/detect/elements.ts'
import { parseRules } from '../../src/sigma/parse.ts'
import type { Placeholders } from '../../src/sigma/placeholders.ts'

/** A rule file with the given detection and condition, both as YAML in flow style. */
export function ruleText(detection: string, condition = 'selection'): string {
  return [
    'title: A rule',
    'id: 0e95725d-7320-415d-80f7-004da920fc11',
    'logsource: { product: kubernetes, service: audit }',
    'detection:',
    ...detection.split('\n').map((line) => `  ${line}`),
    `  condition: ${condition}`,
  ].join('\n')
}

/** The rules of a text that are evaluated on events, and all that is wrong with it. */
export function parseText(
  text: string,
  placeholders: Placeholders = {},
): {
  readonly rules: readonly EventRule[]
  readonly problems: readonly Problem[]
} {
  const { rules, problems } = parseRules([{ path: 'rule.yml', text }], { placeholders })
  return { rules: rules.filter((rule) => rule.kind === 'event'), problems }
}

/** The one rule of a text without errors. */
export function parseRule(text: string, placeholders: Placeholders = {}): EventRule {
  const { rules, problems } = parseText(text, placeholders)
  const [rule] = rules
  if (rule === undefined) throw new Error(problems.map((problem) => problem.message).join('\n'))
  return rule
}

/** `code line:column` of every problem. */
export function codesOf(text: string): string[] {
  return parseText(text).problems.map(({ code, line, column }) => `${code} ${line}:${column}`)
}

/** Whether a rule with this selection is true of an object, whose keys are field names as they stand. */
export function isMatch(
  selection: string,
  event: Readonly<Record<string, unknown>>,
  placeholders: Placeholders = {},
): boolean {
  return holds(
    parseRule(ruleText(`selection: ${selection}`), placeholders).condition,
    (path) => flatRead(event, path),
    () => Object.values(event),
  )
}

function flatRead(
  event: Readonly<Record<string, unknown>>,
  path: string,
): readonly unknown[] | undefined {
  if (!Object.hasOwn(event, path)) return undefined
  const value = event[path]
  return Array.isArray(value) ? value : [value]
}

/** The plain reading of an expression, as a yardstick for the compiled one. */
export function holds(
  expr: Expr,
  read: (path: string) => readonly unknown[] | undefined,
  keywords: () => readonly unknown[],
): boolean {
  switch (expr.kind) {
    case 'and':
      return expr.items.every((item) => holds(item, read, keywords))
    case 'or':
      return expr.items.some((item) => holds(item, read, keywords))
    case 'not':
      return !holds(expr.item, read, keywords)
    case 'field':
      return expr.test.matches(read(expr.path))
    case 'keyword':
      return expr.test.matches(keywords())
    case 'elements':
      return compileElements(expr)(read(expr.path))
    case 'fieldPair':
      return expr.test.matches(read(expr.path), read(expr.otherPath))
    default:
      return expr satisfies never
  }
}
