import type { BooleanExpr } from '../contracts.ts'
import {
  type ConditionDialect,
  ConditionError,
  type ConditionProblem,
  type Token,
  tokenize,
  unexpected,
} from './condition-tokens.ts'
import { unknownName } from './unknown-name.ts'
import { compilePattern, type Pattern } from './wildcard.ts'

export type ConditionResult<Leaf> =
  | { readonly expr: BooleanExpr<Leaf>; readonly used: ReadonlySet<string> }
  | { readonly problem: ConditionProblem }

const ofSelections: ConditionDialect = {
  operand: 'selection',
  hasQuantifiers: true,
  hasCapitals: false,
}

interface Parser<Leaf> {
  readonly dialect: ConditionDialect
  readonly tokens: readonly Token[]
  next: number
  depth: number
  readonly end: number
  readonly operands: ReadonlyMap<string, BooleanExpr<Leaf>>
  readonly used: Set<string>
}

const maxDepth = 64

/**
 * Reads a condition over named operands: the selections of a detection, or what else the dialect has.
 *
 *     or         = and { "or" and }
 *     and        = not { "and" not }
 *     not        = "not" not | operand
 *     operand    = "(" or ")" | quantifier "of" ( "them" | pattern ) | name
 *     quantifier = "1" | "any" | "all"
 *     name       = letters, digits, "_" and "-";  pattern = the same and "*"
 */
export function parseCondition<Leaf extends { readonly kind: string }>(
  text: string,
  operands: ReadonlyMap<string, BooleanExpr<Leaf>>,
  dialect: ConditionDialect = ofSelections,
): ConditionResult<Leaf> {
  try {
    const parser: Parser<Leaf> = {
      dialect,
      tokens: tokenize(text, dialect),
      next: 0,
      depth: 0,
      end: text.length,
      operands,
      used: new Set(),
    }
    const expr = parseOr(parser)
    const rest = parser.tokens[parser.next]
    if (rest !== undefined) throw unexpected(rest)
    return { expr, used: parser.used }
  } catch (error) {
    if (error instanceof ConditionError) return { problem: error.problem }
    throw error
  }
}

function parseOr<Leaf>(parser: Parser<Leaf>): BooleanExpr<Leaf> {
  return joined('or', parser, () => joined('and', parser, () => parseNot(parser)))
}

function joined<Leaf>(
  kind: 'and' | 'or',
  parser: Parser<Leaf>,
  parseItem: () => BooleanExpr<Leaf>,
): BooleanExpr<Leaf> {
  const items = [parseItem()]
  while (parser.tokens[parser.next]?.text === kind) {
    parser.next += 1
    items.push(parseItem())
  }
  return combine(kind, items)
}

/** The items under one operator; a single one stands for itself. */
export function combine<Leaf>(
  kind: 'and' | 'or',
  items: readonly BooleanExpr<Leaf>[],
): BooleanExpr<Leaf> {
  const [only] = items
  return items.length === 1 && only !== undefined
    ? only
    : Object.freeze({ kind, items: Object.freeze([...items]) })
}

function parseNot<Leaf>(parser: Parser<Leaf>): BooleanExpr<Leaf> {
  const token = parser.tokens[parser.next]
  if (token?.text !== 'not') return parseOperand(parser)
  parser.next += 1
  return nested(parser, token, () => Object.freeze({ kind: 'not', item: parseNot(parser) }))
}

function nested<Leaf>(
  parser: Parser<Leaf>,
  token: Token,
  parse: () => BooleanExpr<Leaf>,
): BooleanExpr<Leaf> {
  parser.depth += 1
  if (parser.depth > maxDepth) {
    throw new ConditionError(
      token.at,
      'condition.tooDeep',
      `the condition is nested deeper than ${maxDepth}`,
    )
  }
  const expr = parse()
  parser.depth -= 1
  return expr
}

const operators = new Set(['and', 'or', 'of', ')'])

function parseOperand<Leaf>(parser: Parser<Leaf>): BooleanExpr<Leaf> {
  const token = parser.tokens[parser.next]
  if (token === undefined) {
    throw new ConditionError(
      parser.end,
      'condition.syntax',
      `the condition ends where a ${parser.dialect.operand} is expected`,
    )
  }
  if (operators.has(token.text)) throw unexpected(token)
  parser.next += 1
  if (token.text === '(') return nested(parser, token, () => parseGroup(parser, token))
  if (parser.tokens[parser.next]?.text === 'of') {
    if (parser.dialect.hasQuantifiers) return parseQuantified(parser, token)
    const message = '`of` is not possible here; name the rules, or count them: { gte: 2 }'
    throw new ConditionError(token.at, 'condition.quantifier', message)
  }
  return parseName(parser, token)
}

function parseGroup<Leaf>(parser: Parser<Leaf>, opening: Token): BooleanExpr<Leaf> {
  const expr = parseOr(parser)
  const closing = parser.tokens[parser.next]
  if (closing === undefined) {
    throw new ConditionError(opening.at, 'condition.syntax', 'this parenthesis is not closed')
  }
  if (closing.text !== ')') throw unexpected(closing)
  parser.next += 1
  return expr
}

function parseName<Leaf>(parser: Parser<Leaf>, token: Token): BooleanExpr<Leaf> {
  const selection = parser.operands.get(token.text)
  if (selection !== undefined) {
    parser.used.add(token.text)
    return selection
  }
  const lower = token.text.toLowerCase()
  if (lower !== token.text && (operators.has(lower) || lower === 'not')) throw unexpected(token)
  const known = [...parser.operands.keys()]
  const message = unknownName(parser.dialect.operand, token.text, known)
  throw new ConditionError(token.at, 'condition.undefined', message)
}

function parseQuantified<Leaf>(parser: Parser<Leaf>, quantifier: Token): BooleanExpr<Leaf> {
  const kind = quantifier.text === 'all' ? 'and' : 'or'
  const isKnown = ['1', 'any', 'all'].includes(quantifier.text)
  const of = parser.tokens[parser.next]
  if (!isKnown && of !== undefined) {
    throw new ConditionError(
      quantifier.at,
      'condition.quantifier',
      `\`${quantifier.text} of\` is not possible; only \`1 of\`, \`any of\` and \`all of\` are`,
    )
  }
  const target = parser.tokens[parser.next + 1]
  if (target === undefined || target.text === '(' || target.text === ')') {
    throw new ConditionError(
      quantifier.at,
      'condition.syntax',
      '`of` wants `them` or a pattern behind it',
    )
  }
  parser.next += 2
  const names = namesLike(target.text, parser.operands.keys())
  if (names.length === 0) {
    const message = `no selection is called like \`${target.text}\``
    throw new ConditionError(target.at, 'condition.noMatch', message)
  }
  for (const name of names) parser.used.add(name)
  return combine(
    kind,
    names.flatMap((name) => parser.operands.get(name) ?? []),
  )
}

/** Names that begin with `_` are left out unless the pattern asks for them by its own first character. */
function namesLike(target: string, names: Iterable<string>): string[] {
  const pattern = target === 'them' ? '*' : target
  const parts: Pattern = pattern
    .split(/(\*)/)
    .filter((part) => part !== '')
    .map((part) => (part === '*' ? { kind: 'any' } : { kind: 'text', text: part }))
  const matches = compilePattern(parts)
  const wantsHidden = pattern.startsWith('_')
  return [...names].filter((name) => (wantsHidden || !name.startsWith('_')) && matches(name))
}
