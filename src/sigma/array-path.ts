import type { ElementQuantifier } from '../contracts.ts'

/** A field name with selectors of array elements, taken apart: `a.b[any].c` is the step `a.b` [any], and the rest `c`. */
export interface ArrayPath {
  readonly steps: readonly ArrayStep[]
  /** Empty when the name ends with a selector. */
  readonly rest: string
}

export interface ArrayStep {
  readonly path: string
  readonly quantifier: ElementQuantifier
}

const quantifiers: Readonly<Record<string, ElementQuantifier>> = {
  any: 'any',
  all: 'all',
  all_or_empty: 'allOrEmpty',
  none: 'none',
}

const token = /\\([[\]])|\[([^[\]]*)\](\.?)|([[\]])|([^[\]\\]+|\\)/y

/** A text in place of a path says what is wrong. `\[` and `\]` are brackets of the name itself. */
export function parseArrayPath(name: string): ArrayPath | string {
  const steps: ArrayStep[] = []
  let rest = ''
  token.lastIndex = 0
  while (token.lastIndex < name.length) {
    const [, escaped, selector, end, bracket, text] = token.exec(name) ?? []
    if (bracket !== undefined)
      return `\`${bracket}\` has no partner in \`${name}\`; a bracket of the name itself is \`\\${bracket}\``
    if (selector === undefined) {
      rest += escaped ?? text ?? ''
      continue
    }
    const quantifier = quantifierOf(selector)
    if (quantifier === undefined)
      return `\`[${selector}]\` is no selector; there are [any], [all], [all_or_empty], [none] and numbers such as [0] and [-1]`
    if (rest === '')
      return `a field has to stand before \`[${selector}]\`; the element itself is \`.\``
    if (end === '' && token.lastIndex < name.length)
      return `behind \`[${selector}]\` the name ends, or a dot follows`
    steps.push({ path: rest, quantifier })
    rest = ''
  }
  return name.endsWith('].') ? `\`${name}\` ends in a dot` : { steps, rest }
}

function quantifierOf(selector: string): ElementQuantifier | undefined {
  if (Object.hasOwn(quantifiers, selector)) return quantifiers[selector]
  return /^(?:0|-?[1-9]\d{0,8})$/.test(selector) ? Number(selector) : undefined
}
