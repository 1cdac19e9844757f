import { existsSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import { findObject } from '../../app/find-object.ts'
import { loadRules, type RuleNames, readRuleFiles } from '../../app/rule-files.ts'
import { isRememberedField } from '../../audit/derived/table.ts'
import { toAuditEvent, withCredential } from '../../audit/event.ts'
import type { FieldNames } from '../../audit/fields.ts'
import type { WireObject } from '../../audit/wire.ts'
import type { AuditEvent, CorrelationRule, EventRule, Rule } from '../../contracts.ts'
import { ruleName } from '../../detect/alert.ts'
import { createCredentials } from '../../detect/credentials/credentials.ts'
import { type Explanation, explainRule, type TestExplanation } from '../../detect/explanation.ts'
import { fieldsReadBy } from '../../detect/fields-read.ts'
import { isAuditLogsource, logsourceProblem } from '../../detect/logsource.ts'
import { printable, textOfValues } from '../../detect/printable.ts'
import { KubewitnessError } from '../../errors.ts'
import { fieldsOfBaseline } from '../../sigma/baseline.ts'
import { openInput } from '../../sources/file/open-input.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import { type OutputOptions, outputOption, writeRecord } from '../output.ts'
import { addRuleNameOptions, type RuleNameOptions, readRuleNames } from '../rule-names.ts'
import { createHabits, type Habits } from './habits.ts'
import { learntRecord, learntText, readLearnt } from './learnt.ts'

interface ExplainOptions extends OutputOptions, RuleNameOptions {
  readonly index: number
  readonly rules: readonly string[]
}

/** `kubewitness rules explain`: which part of a condition holds on an event and which does not, with what was read. */
export function explainCommand(
  rules: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  addRuleNameOptions(rules.command('explain'), 'fileOrNone')
    .description(
      'why a rule matches an event, or why not, and what its baseline has learnt; nothing is redacted',
    )
    .argument('<rule>', 'id or name of a rule, or a rule file')
    .argument(
      '[file]',
      'events, as for scan; - is standard input. Without it: what the service has learnt for a rule with a baseline',
    )
    .option('--index <n>', 'which event of the file, from 0', indexOf, 0)
    .option('--rules <path...>', 'further rule files or folders to look for the rule in', [])
    .addOption(outputOption())
    .action(async (rule: string, file: string | undefined, options: ExplainOptions) => {
      if (file === undefined) {
        const learnt = await readLearnt(rule, options.config, context.workingDirectory)
        if (options.output === 'table') await write(context.stdout, learntText(learnt))
        else await writeRecord(options.output, learntRecord(learnt), context)
        finish(exitCodes.done)
        return
      }
      const { fieldNames, ...names } = await readRuleNames(options, context.workingDirectory)
      const found = findRules(rule, options.rules, names)
      const toEvent = (raw: WireObject): AuditEvent =>
        toAuditEvent(raw, { cluster: 'default', receivedAtMs: context.clock.nowMs() })
      const isAsked = found.some((each) => fieldsReadBy(each).some(isRememberedField))
      const credentials = fieldNames === 'event' && isAsked ? createCredentials() : undefined
      const habits = fieldNames === 'event' ? createHabits(found) : undefined
      const see = (seen: WireObject): AuditEvent => {
        const plain = toEvent(seen)
        const event = withCredential(plain, credentials?.observe(plain))
        habits?.see(event)
        return event
      }
      const raw = await findObject(
        openInput(file, { stdin: context.stdin }),
        options.index,
        credentials === undefined && habits === undefined ? undefined : see,
      )
      if (raw === undefined)
        throw new KubewitnessError('usage.invalid', `${file} has no event ${options.index}`, {
          next: 'events are counted from 0',
        })
      const event = see(raw)
      for (const each of found) {
        const { text, record } = explanationOf(each, found, event, fieldNames)
        const habit = habits && habitOf(each, habits)
        if (options.output === 'table')
          await write(context.stdout, `${text()}${habit?.text() ?? ''}`)
        else await writeRecord(options.output, { ...record(), ...habit?.record }, context)
      }
      finish(exitCodes.done)
    })
}

function indexOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('it is a number from 0')
  return Number(text)
}

/** The rules of a file, or the one that is called so. */
function findRules(rule: string, paths: readonly string[], names: RuleNames): readonly Rule[] {
  if (existsSync(rule))
    return loadRules(readRuleFiles({ builtin: false, paths: [rule] }), names).rules
  const all = loadRules(readRuleFiles({ builtin: true, paths }), names).rules
  const found = all.filter(({ id, name }) => id === rule.toLowerCase() || name === rule)
  if (found.length > 0) return withParts(found, all)
  throw new KubewitnessError('usage.invalid', `there is no rule or rule file ${rule}`, {
    next: '`kubewitness rules list` names them; --rules adds yours',
  })
}

/** Correlations with the rules that they refer to behind them. */
function withParts(found: readonly Rule[], all: readonly Rule[]): readonly Rule[] {
  const ids = found.flatMap((rule) => (rule.kind === 'correlation' ? rule.correlation.rules : []))
  const parts = all.filter(({ id }) => ids.includes(id))
  return parts.length === 0 ? found : [...new Set([...found, ...withParts(parts, all)])]
}

/** One event alone completes no correlation that is worth the name: it is said what it is about. */
function correlationRecord(rule: CorrelationRule): object {
  const { id, title, correlation } = rule
  return { rule: { id, name: ruleName(rule), title }, correlation }
}

function correlationText(rule: CorrelationRule, rules: readonly Rule[]): string {
  const { type, rules: ids, groupBy, timespanUs } = rule.correlation
  const parts = ids.map((id) => {
    const part = rules.find((other) => other.id === id)
    return part === undefined ? id : ruleName(part)
  })
  const by = groupBy.length === 0 ? '' : `, by ${groupBy.map(({ name }) => name).join(' and ')}`
  return (
    `${ruleName(rule)} is a correlation: ${type} of ${parts.join(', ')} within ${timespanUs / 1e6} s${by}; ` +
    '`kubewitness rules match` tells which events of a file complete it\n'
  )
}

function explanationOf(
  rule: Rule,
  rules: readonly Rule[],
  event: AuditEvent,
  fieldNames: FieldNames,
): { readonly text: () => string; readonly record: () => object } {
  if (rule.kind === 'correlation')
    return { text: () => correlationText(rule, rules), record: () => correlationRecord(rule) }
  const isEvaluated = fieldNames === 'wire' || isAuditLogsource(rule.logsource)
  const explained = { rule, event, explanation: explainRule(rule, event, fieldNames), isEvaluated }
  return { text: () => textOf(explained), record: () => recordOf(explained) }
}

/** What the baseline of a rule makes of the event, and has learnt by then: of its key, or of all when it does not match. */
function habitOf(
  rule: Rule,
  habits: Habits,
): { readonly text: () => string; readonly record: object } | undefined {
  if (fieldsOfBaseline(rule).length === 0) return undefined
  const match = habits.last.get(rule.id)
  const learnt =
    match === undefined ? habits.learnt(rule.id) : match.learnt === undefined ? [] : [match.learnt]
  const verdict =
    match === undefined
      ? ''
      : `${match.isTold ? 'out of the ordinary: it is told' : 'not out of the ordinary, or not yet known well enough: it is not told'}\n`
  return {
    text: () => `${verdict}${learntText({ rule, learnt })}`,
    record: { baseline: { ...(match && { isTold: match.isTold }), learnt } },
  }
}

interface Explained {
  readonly rule: EventRule
  readonly event: AuditEvent
  readonly explanation: Explanation
  readonly isEvaluated: boolean
}

function recordOf({ rule, explanation, isEvaluated }: Explained): object {
  const { id, title } = rule
  const matches = isEvaluated && explanation.holds
  return { rule: { id, name: ruleName(rule), title }, matches, isEvaluated, condition: explanation }
}

function textOf({ rule, explanation, isEvaluated }: Explained): string {
  const verdict = explanation.holds ? 'matches' : 'does not match'
  const note = isEvaluated ? '' : ` (${logsourceProblem(rule)?.message ?? 'not evaluated'})`
  return `${ruleName(rule)} ${verdict}${note}\n${linesOf(explanation, 1).join('\n')}\n`
}

const groupWords = { and: 'all of', or: 'any of', not: 'not' } as const

/** `named` is the selection that a line above has named already. */
function linesOf(explanation: Explanation, depth: number, named?: string): string[] {
  const { holds, selection } = explanation
  const mark = `${'  '.repeat(depth)}${holds ? '✓' : '✗'}`
  const name = selection === undefined || selection === named ? '' : `${selection}: `
  if (explanation.kind === 'test') return [`${mark} ${name}${testLine(explanation)}`]
  return [
    `${mark} ${name}${groupWords[explanation.kind]}`,
    ...explanation.items.flatMap((item) => linesOf(item, depth + 1, selection ?? named)),
  ]
}

function testLine({
  field,
  test,
  values,
  otherField,
  otherValues,
  location,
}: TestExplanation): string {
  const read =
    otherField === undefined
      ? valuesText(values)
      : `${valuesText(values)} | ${valuesText(otherValues)}`
  return `${field ?? 'any value'} ${test}  <- ${read}  [line ${location.line}]`
}

function valuesText(values: readonly unknown[] | undefined): string {
  if (values === undefined) return '(absent)'
  return values.length === 0 ? '(empty)' : printable(textOfValues(values))
}
