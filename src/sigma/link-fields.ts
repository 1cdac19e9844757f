import type { CorrelationField, CorrelationFieldSource, Rule } from '../contracts.ts'
import type { WrittenParts } from './correlation.ts'
import type { Referred } from './referred.ts'
import type { DocumentReader } from './yaml-nodes.ts'

export type FieldOf = (name: string) => CorrelationField

/** What a name stands for in the matches of each rule: an alias, a group of a correlation, or the field of that name. */
export function fieldReader(
  { aliases, groupBy, condition }: WrittenParts,
  referred: readonly Referred[],
  { problems }: DocumentReader,
): FieldOf {
  const fieldByAlias = new Map(
    aliases.map(({ name, fields }) => [
      name,
      new Map(
        fields.flatMap(({ reference, field }) => {
          const meant = referred.find(({ rule }) => isCalled(rule, reference.text))
          if (meant !== undefined) return [[meant.rule.id, field] as const]
          const message = `the alias \`${name}\` is about \`${reference.text}\`, which is not among the rules of this correlation`
          problems.error(reference.offset, 'correlation.aliases', message)
          return []
        }),
      ),
    ]),
  )
  const used = new Set([
    ...groupBy,
    ...(condition.kind === 'threshold' ? condition.fields.map(({ text }) => text) : []),
  ])
  for (const { name, offset } of aliases) {
    if (!used.has(name))
      problems.warning(
        offset,
        'correlation.unusedAlias',
        `neither \`group-by\` nor the condition uses the alias \`${name}\``,
      )
  }
  return (name) => {
    const sources = referred.map(({ rule }): [string, CorrelationFieldSource] => {
      const field = fieldByAlias.get(name)?.get(rule.id) ?? name
      return [rule.id, sourceOf(field, rule)]
    })
    return Object.freeze({ name, sourceByRule: Object.freeze(Object.fromEntries(sources)) })
  }
}

function isCalled({ id, name }: Rule, text: string): boolean {
  return id === text.toLowerCase() || name === text
}

function sourceOf(field: string, rule: Rule): CorrelationFieldSource {
  const isGroup =
    rule.kind === 'correlation' && rule.correlation.groupBy.some(({ name }) => name === field)
  return isGroup ? { kind: 'group', name: field } : { kind: 'event', paths: [field] }
}
