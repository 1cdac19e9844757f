import type { Command } from 'commander'
import { loadRules, readRuleFiles } from '../../app/rule-files.ts'
import type { Rule } from '../../contracts.ts'
import { ruleName } from '../../detect/alert.ts'
import { auditRules } from '../../detect/logsource.ts'
import {
  type AnyCoverage,
  coverageOfAll,
  fieldsAskedOf,
} from '../../policy/correlation-coverage.ts'
import { describeBox } from '../../policy/describe-box.ts'
import { type Need, needsOf, richest } from '../../policy/rule-needs.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import { type OutputOptions, outputOption, writeRecord } from '../output.ts'
import {
  type KubernetesVersionOptions,
  kubernetesVersionOption,
} from '../policy/kubernetes-version.ts'
import { readPolicyFile } from '../policy/read.ts'
import { addRuleNameOptions, type RuleNameOptions, readRuleNames } from '../rule-names.ts'
import { tableText } from '../table-text.ts'

interface CoverageOptions extends OutputOptions, RuleNameOptions, KubernetesVersionOptions {
  readonly policy?: string
  readonly rules: readonly string[]
  readonly builtinRules: boolean
}

/** `kubewitness rules coverage`: what an audit policy lets the rules see; without one, what they need. */
export function coverageCommand(
  rules: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  addRuleNameOptions(rules.command('coverage'))
    .description(
      'which rules an audit policy feeds or blinds; without --policy, what each rule needs',
    )
    .option('--policy <file>', 'an audit policy (audit.k8s.io/v1)')
    .option('--rules <path...>', 'further rule files or folders', [])
    .option('--no-builtin-rules', 'only the rules of --rules')
    .addOption(kubernetesVersionOption())
    .addOption(outputOption())
    .action(async (options: CoverageOptions) => {
      const loaded = loadRules(
        readRuleFiles({ builtin: options.builtinRules, paths: options.rules }),
        await readRuleNames(options, context.workingDirectory),
      )
      const audited = auditRules(loaded.rules)
      if (options.policy === undefined) await writeNeeds(loaded.rules, options, context)
      else {
        const policy = await readPolicyFile(options.policy, options, context)
        await writeCoverage(coverageOfAll(loaded.rules, audited, policy), options, context)
      }
      finish(exitCodes.done)
    })
}

async function writeCoverage(
  all: readonly AnyCoverage[],
  { output }: OutputOptions,
  context: CliContext,
): Promise<void> {
  if (output !== 'table') {
    for (const { rule, status, missing } of all)
      await writeRecord(output, { rule: ruleName(rule), id: rule.id, status, missing }, context)
    return
  }
  const order = ['blind', 'partly', 'fed']
  const rows = all
    .toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status))
    .map(({ rule, status, missing }) => [status, ruleName(rule), shortened(missing)])
  await write(context.stdout, tableText(['STATUS', 'RULE', 'MISSING'], rows))
}

function shortened([first = '', ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${others.length} more, and ${first}`
}

/** What the rule needs, or all that a correlation comes down to, with what that groups and counts by. */
function needsOfAny(
  rule: Rule,
  rules: readonly Rule[],
  others: readonly string[] = [],
): readonly Need[] {
  if (rule.kind === 'event') return auditRules([rule]).flatMap((each) => needsOf(each, others))
  const parts = rules.filter(({ id }) => rule.correlation.rules.includes(id))
  return parts.flatMap((part) => needsOfAny(part, rules, fieldsAskedOf(rule, part.id)))
}

async function writeNeeds(
  rules: readonly Rule[],
  { output }: OutputOptions,
  context: CliContext,
): Promise<void> {
  const audited = rules.flatMap((rule) => {
    const needs = needsOfAny(rule, rules)
    return needs.length === 0 ? [] : [{ rule, needs }]
  })
  const all = audited.map(({ rule, needs }) => {
    return {
      rule: ruleName(rule),
      id: rule.id,
      level: richest(needs.map(({ exactLevel, auditLevel }) => richest([exactLevel, auditLevel]))),
      stages: [...new Set(needs.flatMap(({ stages }) => stages))],
      requests: [...new Set(needs.flatMap(({ boxes }) => boxes.map(describeBox)))],
    }
  })
  if (output !== 'table') {
    for (const line of all) await writeRecord(output, line, context)
    return
  }
  const rows = all.map(({ rule, level, stages, requests }) => [
    rule,
    level,
    stages.join(' '),
    shortened(requests),
  ])
  await write(context.stdout, tableText(['RULE', 'AUDIT LEVEL', 'STAGES', 'REQUESTS'], rows))
}
