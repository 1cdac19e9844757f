import type { Command } from 'commander'
import { loadRules, readRuleFiles } from '../../app/rule-files.ts'
import type { Rule } from '../../contracts.ts'
import { fieldsReadBy } from '../../detect/fields-read.ts'
import { levels } from '../../sigma/levels.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import { type OutputFormat, type OutputOptions, outputOption, writeRecord } from '../output.ts'
import { addRuleNameOptions, type RuleNameOptions, readRuleNames } from '../rule-names.ts'
import { tableText } from '../table-text.ts'

interface ListOptions extends OutputOptions, RuleNameOptions {
  readonly rules: readonly string[]
  readonly builtinRules: boolean
  readonly wide: boolean
}

/** `kubewitness rules list`: the rules that a command with the same options would use. */
export function listCommand(
  rules: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  addRuleNameOptions(rules.command('list'))
    .description('the rules that would be used')
    .option('--rules <path...>', 'further rule files or folders', [])
    .option('--no-builtin-rules', 'only the rules of --rules')
    .option('--wide', 'in the table also tags and the fields that are read', false)
    .addOption(outputOption())
    .action(async ({ rules: paths, builtinRules, wide, output, ...names }: ListOptions) => {
      const files = readRuleFiles({ builtin: builtinRules, paths })
      const loaded = loadRules(files, await readRuleNames(names, context.workingDirectory))
      await writeRules(loaded.rules, { output, isWide: wide }, context)
      finish(exitCodes.done)
    })
}

async function writeRules(
  rules: readonly Rule[],
  { output, isWide }: { readonly output: OutputFormat; readonly isWide: boolean },
  context: CliContext,
): Promise<void> {
  const sorted = rules.toSorted(
    (a, b) => levels.indexOf(b.level) - levels.indexOf(a.level) || a.title.localeCompare(b.title),
  )
  if (output === 'table') return write(context.stdout, ruleTable(sorted, isWide))
  for (const rule of sorted) {
    const { id, name, title, level, status, tags, logsource, location } = rule
    const fields = fieldsReadBy(rule)
    const type = rule.kind === 'event' ? 'event' : rule.correlation.type
    const common = { id, name, title, type, level, status, tags, logsource, fields }
    const line = { ...common, ...partsOf(rule), file: location.path }
    await writeRecord(output, line, context)
  }
}

/** What a correlation refers to, by id. */
function partsOf(rule: Rule): { readonly rules?: readonly string[] } {
  return rule.kind === 'event' ? {} : { rules: rule.correlation.rules }
}

function ruleTable(rules: readonly Rule[], isWide: boolean): string {
  const header = ['LEVEL', 'NAME', 'TITLE', 'STATUS', 'LOGSOURCE']
  const rows = rules.map((rule) => {
    const { level, name, title, status, logsource, tags } = rule
    const source =
      rule.kind === 'event' ? Object.values(logsource).join('/') : rule.correlation.type
    const more = isWide ? [tags.join(' '), fieldsReadBy(rule).join(' ')] : []
    return [level, name ?? '', title, status, source, ...more]
  })
  return tableText(isWide ? [...header, 'TAGS', 'FIELDS'] : header, rows)
}
