/** What is wrong with a condition, and at which character of it. */
export interface ConditionProblem {
  readonly at: number
  readonly code: string
  readonly message: string
}

export interface Token {
  readonly text: string
  readonly at: number
}

/** What the names in a condition are called, and what it may do with them. */
export interface ConditionDialect {
  readonly operand: string
  readonly hasQuantifiers: boolean
  /** `AND`, `OR` and `NOT` are operators too. */
  readonly hasCapitals: boolean
}

const maxCharacters = 10_000

/** Carries a problem out of the descent: `parseCondition` gives it back as a value. */
export class ConditionError extends Error {
  readonly problem: ConditionProblem

  constructor(at: number, code: string, message: string) {
    super(message)
    this.problem = { at, code, message }
  }
}

const capitals = new Set(['AND', 'OR', 'NOT'])

/** Throws a ConditionError at what no token begins with. */
export function tokenize(text: string, { hasCapitals }: ConditionDialect): Token[] {
  if (text.length > maxCharacters) {
    throw new ConditionError(
      0,
      'condition.tooLong',
      `the condition has more than ${maxCharacters} characters`,
    )
  }
  const tokens: Token[] = []
  const token = /\s+|[()]|[A-Za-z0-9_*-]+/y
  while (token.lastIndex < text.length) {
    const at = token.lastIndex
    const found = token.exec(text)?.[0]
    if (found === undefined) throw strange(text.charAt(at), at)
    if (found.trim() === '') continue
    tokens.push({ text: hasCapitals && capitals.has(found) ? found.toLowerCase() : found, at })
  }
  return tokens
}

function strange(character: string, at: number): ConditionError {
  if (character === '|') {
    return new ConditionError(
      at,
      'condition.aggregation',
      'aggregations are no longer Sigma; write a correlation rule',
    )
  }
  return new ConditionError(
    at,
    'condition.syntax',
    `\`${character}\` has no meaning in a condition`,
  )
}

export function unexpected({ text, at }: Token): ConditionError {
  const lower = text.toLowerCase()
  if (text !== lower && ['and', 'or', 'not', 'of', 'them', 'all', 'any'].includes(lower)) {
    return new ConditionError(
      at,
      'condition.syntax',
      `operators are lower case: write \`${lower}\``,
    )
  }
  if (text === 'of') {
    return new ConditionError(
      at,
      'condition.quantifier',
      'only `1 of`, `any of` and `all of` are possible',
    )
  }
  return new ConditionError(at, 'condition.syntax', `\`${text}\` is not expected here`)
}
