import type { CorrelationRule, EventRule, Rule } from '../contracts.ts'
import type { WrittenCorrelation } from './correlation.ts'
import { isTemporal, type WrittenCondition } from './correlation-condition.ts'
import { linkCondition } from './link-condition.ts'
import { fieldReader } from './link-fields.ts'
import type { Referred } from './referred.ts'
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
