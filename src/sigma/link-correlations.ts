import type {
  CorrelationCondition,
  CorrelationField,
  CorrelationFieldSource,
  CorrelationRule,
  EventRule,
  Rule,
  RuleExpr,
  ThresholdTest,
} from '../contracts.ts'
import { type ConditionDialect, combine, parseCondition } from './condition.ts'
import type { WrittenCorrelation, WrittenParts } from './correlation.ts'
import { isTemporal, type WrittenCondition } from './correlation-condition.ts'
import { passesThreshold } from './number-test.ts'
import { type DocumentReader, offsetInside, type PlacedText } from './yaml-nodes.ts'

/** Rules that could not be read, by what others may call them: ids and names. */
export type BrokenRules = ReadonlySet<string>

type WrittenRule = EventRule | WrittenCorrelation

/** Of correlations over correlations. */
const maxChain = 10
/** Rules of a temporal correlation: each has a bit. */
const maxTemporal = 32

interface Linker {
  readonly byReference: ReadonlyMap<string, readonly WrittenRule[]>
  readonly broken: BrokenRules
  /** Undefined = it has problems, which are reported by then. */
  readonly linked: Map<WrittenCorrelation, Link | undefined>
  /** Those that wait for what they refer to. */
  readonly path: WrittenCorrelation[]
}

interface Link {
  readonly rule: CorrelationRule
  /** Correlations from this one down to an event rule, at most. */
  readonly depth: number
}

/** What a reference of a correlation led to. */
interface Referred {
  readonly text: string
  readonly offset: number
  readonly rule: Rule
  readonly depth: number
}

/**
 * The rules in their order, with every correlation bound to the rules that it refers to, in whatever file they are. What
 * leads nowhere, to several rules, or in a circle is reported, and such a correlation is left out.
 */
export function linkCorrelations(rules: readonly WrittenRule[], broken: BrokenRules): Rule[] {
  const byReference = Map.groupBy(
    rules.flatMap((rule) => namesOf(rule).map((name) => ({ name, rule }))),
    ({ name }) => name,
  )
  const linker: Linker = {
    byReference: new Map(
      [...byReference].map(([name, found]) => [name, [...new Set(found.map(({ rule }) => rule))]]),
    ),
    broken,
    linked: new Map(),
    path: [],
  }
  return rules.flatMap((rule) => {
    const linked = rule.kind === 'event' ? rule : link(rule, linker)?.rule
    return linked === undefined ? [] : [linked]
  })
}

function namesOf({ id, name }: WrittenRule): string[] {
  return name === undefined ? [id] : [id, name]
}

function link(written: WrittenCorrelation, linker: Linker): Link | undefined {
  if (linker.linked.has(written)) return linker.linked.get(written)
  linker.path.push(written)
  const link = linkOne(written, linker)
  linker.path.pop()
  linker.linked.set(written, link)
  return link
}

function linkOne(correlation: WrittenCorrelation, linker: Linker): Link | undefined {
  const { kind: _kind, written, reader, ...metadata } = correlation
  const { problems } = reader
  const before = problems.errorCount()
  const references = written.references ?? namedByCondition(written.condition)
  if (isTemporal(written.type) && references.length > maxTemporal)
    problems.error(
      references[maxTemporal]?.offset ?? 0,
      'correlation.rules',
      `a temporal correlation refers to at most ${maxTemporal} rules`,
    )
  const referred = references.flatMap((reference) => refer(reference, reader, linker) ?? [])
  if (problems.errorCount() > before) return undefined
  refuseRepeats(referred, reader)
  const depth = 1 + Math.max(0, ...referred.map((each) => each.depth))
  if (depth > maxChain)
    problems.error(
      references[0]?.offset ?? 0,
      'correlation.depth',
      `correlations refer to correlations more than ${maxChain} deep`,
    )
  const fieldOf = fieldReader(written, referred, reader)
  const condition = linkCondition(written, referred, fieldOf, reader)
  if (condition === undefined || problems.errorCount() > before) return undefined
  const rule: CorrelationRule = {
    ...metadata,
    kind: 'correlation',
    correlation: Object.freeze({
      type: written.type,
      rules: Object.freeze(referred.map((each) => each.rule.id)),
      generate: written.generate,
      groupBy: Object.freeze(written.groupBy.map(fieldOf)),
      timespanUs: written.timespanUs,
      condition,
    }),
  }
  return { rule: Object.freeze(rule), depth }
}

const conditionOperators = /^(?:and|or|not)$/i

/** The rules that a condition names, in the order of their first mention, where there is no list of them. */
function namedByCondition(condition: WrittenCondition): readonly PlacedText[] {
  if (condition.kind !== 'text') return []
  const { text, node } = condition
  const byName = new Map<string, PlacedText>()
  for (const { 0: name, index } of text.matchAll(/[A-Za-z0-9_-]+/g)) {
    if (conditionOperators.test(name) || byName.has(name)) continue
    byName.set(name, { text: name, offset: offsetInside(node, index) })
  }
  return [...byName.values()]
}

function refer(
  { text, offset }: PlacedText,
  { problems }: DocumentReader,
  linker: Linker,
): Referred | undefined {
  const refuse = (code: string, message: string): undefined =>
    problems.error(offset, code, message) as undefined
  const found = new Set([
    ...(linker.byReference.get(text) ?? []),
    ...(linker.byReference.get(text.toLowerCase()) ?? []).filter(
      ({ id }) => id === text.toLowerCase(),
    ),
  ])
  const [rule, other] = found
  if (rule === undefined) {
    const isBroken = linker.broken.has(text) || linker.broken.has(text.toLowerCase())
    return isBroken
      ? refuse('correlation.rules', `the rule \`${text}\` cannot be used: it has an error itself`)
      : refuse('correlation.rules', `there is no rule with the id or name \`${text}\``)
  }
  if (other !== undefined)
    return refuse(
      'correlation.rules',
      `\`${text}\` is the id of one rule and the name of another; use the id of the one that is meant`,
    )
  if (rule.kind === 'event') return { text, offset, rule, depth: 0 }
  const start = linker.path.indexOf(rule)
  if (start >= 0) {
    const circle = [...linker.path.slice(start), rule].map(labelOf).join(' → ')
    return refuse('correlation.circle', `correlations refer to each other in a circle: ${circle}`)
  }
  if (linker.path.length > 10 * maxChain)
    return refuse('correlation.depth', 'correlations refer to correlations too deep')
  const linked = link(rule, linker)
  return linked === undefined
    ? refuse('correlation.rules', `the rule \`${text}\` cannot be used: it has an error itself`)
    : { text, offset, ...linked }
}

function labelOf({ name, title }: WrittenCorrelation): string {
  return name ?? title
}

function refuseRepeats(referred: readonly Referred[], { problems }: DocumentReader): void {
  const seen = new Set<Rule>()
  for (const { text, offset, rule } of referred) {
    if (seen.has(rule))
      problems.error(offset, 'correlation.rules', `the rule \`${text}\` was there already`)
    seen.add(rule)
  }
}

type FieldOf = (name: string) => CorrelationField

/** Undefined when it has problems, which are reported by then. */
function linkCondition(
  { type, condition }: WrittenParts,
  referred: readonly Referred[],
  fieldOf: FieldOf,
  reader: DocumentReader,
): CorrelationCondition | undefined {
  switch (condition.kind) {
    case 'allRules':
      return allOf(referred)
    case 'threshold': {
      if (type === 'temporal_ordered') return onlyAllOf(referred, condition, reader)
      const fields = Object.freeze(condition.fields.map(({ text }) => fieldOf(text)))
      const { offset: _offset, ...rest } = condition
      return Object.freeze({ ...rest, fields })
    }
    case 'text': {
      const expression = linkExpression(condition, referred, reader)
      return expression === undefined ? undefined : Object.freeze({ kind: 'rules', expression })
    }
    default:
      return condition satisfies never
  }
}

function allOf(referred: readonly Referred[]): CorrelationCondition {
  const leaves = referred.map(({ rule }) => Object.freeze({ kind: 'rule' as const, rule: rule.id }))
  return Object.freeze({ kind: 'rules', expression: combine('and', leaves) })
}

/** A sequence of fewer steps than there are rules is none that the rule names: the number can only be that of all. */
function onlyAllOf(
  referred: readonly Referred[],
  { tests, offset }: { readonly tests: readonly ThresholdTest[]; readonly offset: number },
  { problems }: DocumentReader,
): CorrelationCondition | undefined {
  const { length } = referred
  const passing = Array.from({ length: length + 1 }, (_none, count) => count).filter((count) =>
    tests.every((test) => passesThreshold(count, test)),
  )
  if (passing.length === 1 && passing[0] === length) return allOf(referred)
  const message = `a sequence is of all its ${length} rules; leave the condition out, or write which rules it is about`
  return problems.error(offset, 'correlation.condition', message) as undefined
}

const ofRules: ConditionDialect = { operand: 'rule', hasQuantifiers: false, hasCapitals: true }

function linkExpression(
  { text, node }: { readonly text: string; readonly node: unknown },
  referred: readonly Referred[],
  { problems }: DocumentReader,
): RuleExpr | undefined {
  const leaves = referred.map(({ rule }) => Object.freeze({ kind: 'rule' as const, rule: rule.id }))
  const operands = new Map(
    referred.flatMap((each, place) =>
      [each.rule.id, each.rule.name ?? each.text, each.text].map(
        (name) => [name, leaves[place]!] as const,
      ),
    ),
  )
  const result = parseCondition(text, operands, ofRules)
  if ('problem' in result) {
    const { at, code, message } = result.problem
    return problems.error(offsetInside(node, at), code, message) as undefined
  }
  const used = rulesOf(result.expr)
  for (const { text: name, offset, rule } of referred) {
    if (!used.has(rule.id))
      problems.error(offset, 'correlation.rules', `the condition does not use the rule \`${name}\``)
  }
  if (!isTrueOfNothing(result.expr)) return result.expr
  const message = 'the condition is true where no rule matches; it needs a rule without `not`'
  return problems.error(offsetInside(node, 0), 'correlation.condition', message) as undefined
}

/** Ids of the rules in an expression. */
export function rulesOf(expr: RuleExpr): ReadonlySet<string> {
  if (expr.kind === 'rule') return new Set([expr.rule])
  const items = expr.kind === 'not' ? [expr.item] : expr.items
  return new Set(items.flatMap((item) => [...rulesOf(item)]))
}

function isTrueOfNothing(expr: RuleExpr): boolean {
  switch (expr.kind) {
    case 'and':
      return expr.items.every(isTrueOfNothing)
    case 'or':
      return expr.items.some(isTrueOfNothing)
    case 'not':
      return !isTrueOfNothing(expr.item)
    case 'rule':
      return false
    default:
      return expr satisfies never
  }
}

/** What a name stands for in the matches of each rule: an alias, a group of a correlation, or the field of that name. */
function fieldReader(
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
