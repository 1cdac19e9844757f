import { expect } from 'vitest'
import type { CorrelationRule } from '../../../src/contracts.ts'
import { parseRules } from '../../../src/sigma/parse.ts'

export const logins = [
  'title: Logins',
  'id: 11111111-7320-415d-80f7-004da920fc11',
  'name: logins',
  'logsource: { product: kubernetes, service: audit }',
  'detection: { selection: { verb: create }, condition: selection }',
].join('\n')

export const reads = logins
  .replaceAll('Logins', 'Reads')
  .replaceAll('logins', 'reads')
  .replaceAll('1111', '2222')

/** A correlation of the given lines within `correlation`. */
export function correlationText(lines: readonly string[], head = 'title: A correlation'): string {
  const id = 'id: 0e95725d-7320-415d-80f7-004da920fc11'
  return [head, id, 'correlation:', ...lines.map((line) => `  ${line}`)].join('\n')
}

export const countsLogins = [
  'type: event_count',
  'rules: [logins]',
  'group-by: user.username',
  'timespan: 10m',
  'condition: { gte: 3 }',
]

/** The lines with some of them replaced, by their keys; undefined takes a line out. */
export function changed(
  changes: Readonly<Record<string, string | undefined>>,
  lines: readonly string[] = countsLogins,
): string[] {
  const kept = lines.filter((line) => !Object.hasOwn(changes, line.split(':')[0] ?? ''))
  return [
    ...kept,
    ...Object.entries(changes).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}: ${value}`],
    ),
  ]
}

export function read(...texts: readonly string[]): ReturnType<typeof parseRules> {
  return parseRules([{ path: 'rules.yml', text: texts.join('\n---\n') }])
}

/** The only correlation of the texts, which have no problem. */
export function correlationOf(...texts: readonly string[]): CorrelationRule['correlation'] {
  const { rules, problems } = read(logins, reads, ...texts)
  expect(problems).toEqual([])
  const found = rules.filter((rule) => rule.kind === 'correlation')
  return found.at(-1)!.correlation
}

/** `code: what the file says there` of every problem of the correlation beside the two rules. */
export function problemsOf(text: string, ...others: readonly string[]): string[] {
  const whole = [text, logins, reads, ...others].join('\n---\n')
  const lines = whole.split('\n')
  return read(text, logins, reads, ...others).problems.map(({ code, line, column }) => {
    const rest = lines[line - 1]?.slice(column - 1) ?? ''
    return `${code}: ${/^[\w-]*/.exec(rest)?.[0]}`
  })
}

export const loginsId = '11111111-7320-415d-80f7-004da920fc11'

export const readsId = '22222222-7320-415d-80f7-004da920fc11'
