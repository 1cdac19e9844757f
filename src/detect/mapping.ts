import type {
  CorrelationField,
  CorrelationRule,
  EventRule,
  Expr,
  FieldExpr,
  Rule,
} from '../contracts.ts'
import { foldCase } from '../sigma/fold.ts'

/** A value that no event has in a field, and the field that holds what was meant by it. */
export interface ValueMapping {
  readonly name: string
  readonly field: string
  readonly value: string
  readonly path: string
  readonly because: string
}

/** What names in rules stand for. */
export interface Mapping {
  /** The paths of an event behind each name; more than one are read together. */
  readonly fields: ReadonlyMap<string, readonly string[]>
  readonly values: readonly ValueMapping[]
}

/** The rule with its names replaced by those of events. Without any in it, it is the same rule. */
export function mapRule(rule: Rule, mapping: Mapping): Rule {
  return rule.kind === 'event' ? mapEventRule(rule, mapping) : mapCorrelation(rule, mapping)
}

/** `mapRule` of a correlation: the fields that it groups by, counts or sums. */
function mapCorrelation(rule: CorrelationRule, { fields }: Mapping): CorrelationRule {
  const mapField = (field: CorrelationField): CorrelationField => {
    const sources = Object.entries(field.sourceByRule).map(([id, source]) => {
      if (source.kind === 'group') return [id, source] as const
      const paths = source.paths.flatMap((path) => fields.get(path) ?? [path])
      return [id, Object.freeze({ ...source, paths: Object.freeze(paths) })] as const
    })
    return Object.freeze({ ...field, sourceByRule: Object.freeze(Object.fromEntries(sources)) })
  }
  const { correlation } = rule
  const { condition } = correlation
  return Object.freeze({
    ...rule,
    correlation: Object.freeze({
      ...correlation,
      groupBy: Object.freeze(correlation.groupBy.map(mapField)),
      condition:
        condition.kind === 'threshold'
          ? Object.freeze({ ...condition, fields: Object.freeze(condition.fields.map(mapField)) })
          : condition,
    }),
  })
}

/** `mapRule` of a rule that is evaluated on events. */
export function mapEventRule(rule: EventRule, mapping: Mapping): EventRule {
  const condition = mapExpr(rule.condition, mapping)
  return condition === rule.condition ? rule : Object.freeze({ ...rule, condition })
}

function mapExpr(expr: Expr, mapping: Mapping): Expr {
  switch (expr.kind) {
    case 'and':
    case 'or': {
      const items = expr.items.map((item) => mapExpr(item, mapping))
      const isSame = items.every((item, place) => item === expr.items[place])
      return isSame ? expr : Object.freeze({ kind: expr.kind, items: Object.freeze(items) })
    }
    case 'not': {
      const item = mapExpr(expr.item, mapping)
      return item === expr.item ? expr : Object.freeze({ kind: 'not', item })
    }
    case 'field':
      return mapValues(mapName(expr, mapping), mapping)
    case 'fieldPair': {
      const path = onlyPathOf(expr.path, mapping)
      const otherPath = onlyPathOf(expr.otherPath, mapping)
      const isSame = path === expr.path && otherPath === expr.otherPath
      return isSame ? expr : Object.freeze({ ...expr, path, otherPath })
    }
    case 'elements': {
      const path = onlyPathOf(expr.path, mapping)
      return path === expr.path ? expr : Object.freeze({ ...expr, path })
    }
    case 'keyword':
      return expr
    default:
      return expr satisfies never
  }
}

/** Two fields are compared only where each is one path; a name of several stays, and lint says that no event has it. */
function onlyPathOf(name: string, { fields }: Mapping): string {
  const [path = name, ...others] = fields.get(name) ?? []
  return others.length === 0 ? path : name
}

function mapName(expr: FieldExpr, { fields }: Mapping): FieldExpr {
  const [path, ...others] = fields.get(expr.path) ?? []
  if (path === undefined) return expr
  return Object.freeze(
    others.length === 0 ? { ...expr, path } : { ...expr, paths: [path, ...others] },
  )
}

/** Where all that a test accepts has moved, the test moves; where only some has, it asks both places. */
function mapValues(expr: FieldExpr, { values }: Mapping): Expr {
  const { onlyEquals } = expr.test
  if (onlyEquals === undefined) return expr
  const moved = values.filter(
    ({ field, value }) => field === expr.path && onlyEquals.includes(foldCase(value)),
  )
  const items = moved.map(({ path }): Expr => Object.freeze({ ...expr, path }))
  const [only] = items
  if (only === undefined) return expr
  const isWhole = new Set(moved.map(({ value }) => foldCase(value))).size === onlyEquals.length
  if (isWhole && items.length === 1) return only
  return Object.freeze({
    kind: 'or',
    items: Object.freeze(isWhole ? items : [expr, ...items]),
  })
}
