import { Option } from 'commander'
import { readMappingFile } from '../app/rule-files.ts'
import type { FieldNames } from '../audit/fields.ts'

/** What names in rules stand for: a file; `none` = keys of the event as they stand; absent = the product's own. */
export interface MappingOptions {
  readonly mapping?: string
}

/** `--mapping FILE`, as every command that reads rules takes it. */
export function mappingOption(): Option {
  return new Option(
    '--mapping <file>',
    'what names in rules stand for, instead of the mapping that comes with Kubewitness',
  )
}

/** The same, where `none` is possible too. */
export function mappingOrNoneOption(): Option {
  return new Option(
    '--mapping <file|none>',
    'what names in rules stand for; none: fields are keys of the object as they stand, and logsources mean nothing',
  )
}

/** The two things that `--mapping` decides. With `none`, no name stands for another. */
export function readMappingOption({ mapping }: MappingOptions): {
  readonly fieldNames: FieldNames
  readonly mappingFile: { readonly path: string; readonly text: string }
} {
  if (mapping === 'none') return { fieldNames: 'wire', mappingFile: { path: 'none', text: '{}' } }
  return { fieldNames: 'event', mappingFile: readMappingFile(mapping) }
}
