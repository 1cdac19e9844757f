import { type Command, Option } from 'commander'
import { type RuleNames, readMappingFile } from '../app/rule-files.ts'
import { withBuiltinLists } from '../app/rule-lists.ts'
import type { FieldNames } from '../audit/fields.ts'
import type { Config } from '../config/schema.ts'

/** Where names in rules get their meaning from. */
export interface RuleNameOptions {
  /** A mapping file; `none`, where it is possible: fields are keys of the event as they stand. */
  readonly mapping?: string
  /** A configuration file, for its `rules.mapping` and `rules.placeholders`; for a scan also `episodes`. */
  readonly config?: string
}

/** `--mapping` and `--config`, as every command that reads rules takes them. */
export function addRuleNameOptions(
  command: Command,
  kind: 'file' | 'fileOrNone' = 'file',
): Command {
  const mapping =
    kind === 'file'
      ? new Option(
          '--mapping <file>',
          'what names in rules stand for, instead of the mapping that comes with Kubewitness',
        )
      : new Option(
          '--mapping <file|none>',
          'what names in rules stand for; none: fields are keys of the object as they stand, and logsources mean nothing',
        )
  return command
    .addOption(mapping)
    .option('--config <file>', 'take rules.mapping and rules.placeholders from a configuration')
}

/** What the options decide; without any, the mapping and the lists of the product. `--mapping` wins. */
export async function readRuleNames(
  { mapping, config: file }: RuleNameOptions,
  workingDirectory: string,
): Promise<Required<RuleNames> & { readonly fieldNames: FieldNames }> {
  const config = file === undefined ? undefined : (await readConfig(file, workingDirectory)).rules
  const placeholders = withBuiltinLists(config?.placeholders ?? {})
  if (mapping === 'none')
    return { fieldNames: 'wire', mapping: { path: 'none', text: '{}' }, placeholders }
  return {
    fieldNames: 'event',
    mapping: readMappingFile(mapping ?? config?.mapping),
    placeholders,
  }
}

/** Loaded when it is asked for: to know what may be configured takes as long as to read all rules. */
export async function readConfig(file: string, workingDirectory: string): Promise<Config> {
  const { loadConfig } = await import('../config/load.ts')
  return loadConfig(file, workingDirectory).config
}
