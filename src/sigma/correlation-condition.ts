import { isMap } from 'yaml'
import type { CorrelationType, ThresholdTest } from '../contracts.ts'
import { fieldNameProblem } from './field-name.ts'
import {
  type DocumentReader,
  type Entry,
  mapOf,
  type PlacedText,
  placedTextsOf,
  scalarOf,
} from './yaml-nodes.ts'

/** A condition as it is written, before the rules that it is about are known. */
export type WrittenCondition =
  | {
      readonly kind: 'threshold'
      readonly offset: number
      readonly tests: readonly ThresholdTest[]
      readonly fields: readonly PlacedText[]
      readonly percentile?: number
    }
  | { readonly kind: 'text'; readonly text: string; readonly node: unknown }
  /** As many as there are rules. */
  | { readonly kind: 'allRules' }

const operators: readonly ThresholdTest['operator'][] = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq']
const maxFields = 8

export function isTemporal(type: CorrelationType): boolean {
  return type === 'temporal' || type === 'temporal_ordered'
}

/** The `condition` of a correlation of that type. Undefined when it has problems, which are reported by then. */
export function readCorrelationCondition(
  type: CorrelationType,
  entry: Entry | undefined,
  correlation: Entry,
  reader: DocumentReader,
): WrittenCondition | undefined {
  const refuse = (message: string): undefined => {
    const { keyOffset } = entry ?? correlation
    reader.problems.error(keyOffset, 'correlation.condition', message)
  }
  if (entry === undefined) {
    if (isTemporal(type)) return { kind: 'allRules' }
    return refuse(`a correlation of type ${type} needs a \`condition\`, such as { gte: 10 }`)
  }
  if (isMap(entry.value)) return readThreshold(type, entry, reader)
  const scalar = scalarOf(entry.value)
  if (scalar.kind !== 'text')
    return refuse('`condition` has to be a map such as { gte: 10 }, or a text over names of rules')
  if (!isTemporal(type))
    return refuse(
      `only temporal correlations take a text; that of type ${type} needs a map such as { gte: 10 }`,
    )
  return { kind: 'text', text: scalar.text, node: entry.value }
}

function readThreshold(
  type: CorrelationType,
  entry: Entry,
  reader: DocumentReader,
): WrittenCondition | undefined {
  const before = reader.problems.errorCount()
  const keys = mapOf(entry.value, reader) ?? new Map<string, Entry>()
  const tests = operators.flatMap((operator) => {
    const value = numberOf(keys.get(operator), reader)
    return value === undefined ? [] : [{ operator, value }]
  })
  for (const { key, keyOffset } of keys.values()) {
    if (![...operators, 'field', 'percentile'].includes(key))
      reader.problems.error(
        keyOffset,
        'correlation.condition',
        `there is no operator \`${key}\`; there are ${operators.join(', ')}`,
      )
  }
  if (!operators.some((operator) => keys.has(operator)))
    reader.problems.error(
      entry.keyOffset,
      'correlation.condition',
      `the condition compares with nothing; it needs one of ${operators.join(', ')}`,
    )
  const fields = readFields(type, keys.get('field'), entry, reader)
  const percentile = readPercentile(type, keys.get('percentile'), entry, reader)
  if (reader.problems.errorCount() > before) return undefined
  const which = percentile === undefined ? {} : { percentile }
  return { kind: 'threshold', offset: entry.keyOffset, tests, fields, ...which }
}

/** Written as in JSON; pySigma takes it in quotes too. */
const numeral = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/

function numberOf(entry: Entry | undefined, reader: DocumentReader): number | undefined {
  if (entry === undefined) return undefined
  const scalar = scalarOf(entry.value)
  const value =
    scalar.kind === 'number'
      ? scalar.number
      : scalar.kind === 'text' && numeral.test(scalar.text)
        ? Number(scalar.text)
        : Number.NaN
  if (Number.isFinite(value)) return value
  const message = `\`${entry.key}\` has to be a number`
  reader.problems.error(entry.keyOffset, 'correlation.condition', message)
  return undefined
}

function readFields(
  type: CorrelationType,
  entry: Entry | undefined,
  condition: Entry,
  reader: DocumentReader,
): readonly PlacedText[] {
  const refuse = (offset: number, message: string): readonly PlacedText[] => {
    reader.problems.error(offset, 'correlation.field', message)
    return []
  }
  const hasField = type.startsWith('value_')
  if (entry === undefined)
    return hasField
      ? refuse(condition.keyOffset, `a correlation of type ${type} needs a \`field\``)
      : []
  if (!hasField)
    return refuse(entry.keyOffset, `a correlation of type ${type} is about no \`field\``)
  const fields = placedTextsOf(entry, reader)
  const max = type === 'value_count' ? maxFields : 1
  if (fields.length === 0 || fields.length > max)
    return refuse(entry.keyOffset, `\`field\` has to name a field, and at most ${max}`)
  for (const { text, offset } of fields) refuseFieldName(text, offset, reader)
  return fields
}

/** Reports a name that no field can have. */
export function refuseFieldName(name: string, offset: number, { problems }: DocumentReader): void {
  const problem =
    name === ''
      ? { code: 'correlation.field', message: 'the name of a field is not empty' }
      : fieldNameProblem(name)
  if (problem !== undefined) problems.error(offset, problem.code, problem.message)
}

function readPercentile(
  type: CorrelationType,
  entry: Entry | undefined,
  condition: Entry,
  reader: DocumentReader,
): number | undefined {
  const refuse = (offset: number, message: string): undefined =>
    reader.problems.error(offset, 'correlation.condition', message) as undefined
  if (entry === undefined) {
    if (type === 'value_median') return 50
    return type === 'value_percentile'
      ? refuse(condition.keyOffset, 'value_percentile needs `percentile`, a number from 0 to 100')
      : undefined
  }
  if (type !== 'value_percentile')
    return refuse(entry.keyOffset, `a correlation of type ${type} has no \`percentile\``)
  const value = numberOf(entry, reader)
  if (value === undefined || (value >= 0 && value <= 100)) return value
  return refuse(entry.keyOffset, '`percentile` has to be a number from 0 to 100')
}
