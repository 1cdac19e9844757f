import { parseNetwork } from './cidr.ts'
import type { FieldItem, ItemValue } from './field-item.ts'
import type { RegexFlag } from './regex.ts'
import { type PatternPart, withAny } from './wildcard.ts'

/** One modifier: what it takes, and what it makes of it. A text as result says what is wrong. */
interface Modifier {
  /** Kinds of values it can stand on; absent = all of them. */
  readonly takes?: readonly ItemValue['kind'][]
  /** What to write instead, for the message about a value of another kind. */
  readonly advice?: string
  /** No modifier that changes values may stand before it. */
  readonly isFirst?: true
  /** No other modifier at all may stand beside it. */
  readonly isAlone?: true
  readonly changeValue?: (value: ItemValue) => ItemValue | string
  readonly changeItem?: (item: FieldItem) => FieldItem
}

const quoteNumbers = 'put the value in quotes'

/** Every modifier there is: adding one is a row here, its test, and its sentence in docs/sigma-semantics.md. */
const modifiers: Readonly<Record<string, Modifier>> = {
  contains: {
    takes: ['text'],
    advice: quoteNumbers,
    changeValue: (value) => surround(value, { before: true, behind: true }),
  },
  startswith: {
    takes: ['text'],
    advice: quoteNumbers,
    changeValue: (value) => surround(value, { before: false, behind: true }),
  },
  endswith: {
    takes: ['text'],
    advice: quoteNumbers,
    changeValue: (value) => surround(value, { before: true, behind: false }),
  },
  cased: {
    takes: ['text'],
    advice: quoteNumbers,
    changeItem: (item) => ({ ...item, isCased: true }),
  },
  all: { changeItem: (item) => ({ ...item, isAll: true }) },
  neq: { changeItem: (item) => ({ ...item, isNegated: true }) },
  exists: {
    takes: ['boolean'],
    advice: 'write true or false without quotes',
    isAlone: true,
    changeValue: (value) =>
      value.kind === 'boolean' ? { kind: 'presence', isWanted: value.boolean } : 'not a boolean',
  },
  re: {
    takes: ['text', 'number'],
    isFirst: true,
    changeValue: (value) => {
      if (value.kind === 'number') return { kind: 'regex', source: String(value.number), flags: [] }
      return value.kind === 'text'
        ? { kind: 'regex', source: value.source, flags: [] }
        : 'not a text'
    },
  },
  i: regexFlag('i'),
  ignorecase: regexFlag('i'),
  m: regexFlag('m'),
  multiline: regexFlag('m'),
  s: regexFlag('s'),
  dotall: regexFlag('s'),
  cidr: {
    takes: ['text'],
    isFirst: true,
    changeValue: (value) => {
      if (value.kind !== 'text') return 'not a text'
      const network = parseNetwork(value.source)
      return typeof network === 'string'
        ? network
        : { kind: 'network', source: value.source, network }
    },
  },
}

const notYet = new Set([
  ...['windash', 'base64', 'base64offset', 'utf16le', 'wide', 'utf16be', 'utf16', 'fieldref'],
  ...['expand', 'lt', 'lte', 'gt', 'gte', 'minute', 'hour', 'day', 'week', 'month', 'year'],
])

/** What is wrong with a field item: with one of its values, or with its modifiers. */
export interface ItemProblem {
  readonly code: string
  readonly message: string
  /** Number of the value, when it is about one. */
  readonly value?: number
}

/** The item after all modifiers, from left to right. */
export function applyModifiers(
  values: readonly ItemValue[],
  names: readonly string[],
): { readonly item: FieldItem } | { readonly problem: ItemProblem } {
  let item: FieldItem = { values, isAll: false, isCased: false, isNegated: false }
  let hasChangedValues = false
  for (const name of names) {
    const modifier = Object.hasOwn(modifiers, name) ? modifiers[name] : undefined
    const problem =
      modifier === undefined
        ? unknownModifier(name)
        : misplaced(modifier, name, names, hasChangedValues)
    if (problem !== undefined) return { problem }
    const changed = change(item, name, modifier ?? {})
    if ('problem' in changed) return changed
    item = changed.item
    if (modifier?.changeValue !== undefined) hasChangedValues = true
  }
  return { item }
}

function unknownModifier(name: string): ItemProblem {
  if (notYet.has(name)) {
    return { code: 'modifier.unsupported', message: `the modifier \`${name}\` is not supported` }
  }
  const known = Object.keys(modifiers).join(', ')
  return {
    code: 'modifier.unknown',
    message: `there is no modifier \`${name}\`; there are ${known}`,
  }
}

function misplaced(
  { isAlone, isFirst }: Modifier,
  name: string,
  names: readonly string[],
  hasChangedValues: boolean,
): ItemProblem | undefined {
  const code = 'modifier.combination'
  if (isAlone && names.length > 1)
    return { code, message: `\`${name}\` has to be the only modifier` }
  if (isFirst && hasChangedValues)
    return { code, message: `\`${name}\` has to be the first modifier` }
  return undefined
}

function change(
  item: FieldItem,
  name: string,
  { takes, advice, changeValue, changeItem }: Modifier,
): { readonly item: FieldItem } | { readonly problem: ItemProblem } {
  const values: ItemValue[] = []
  for (const [index, value] of item.values.entries()) {
    if (takes !== undefined && !takes.includes(value.kind)) {
      const rest = advice === undefined ? '' : `; ${advice}`
      const message = `\`${name}\` does not take a ${value.kind} value${rest}`
      return { problem: { code: 'modifier.value', message, value: index } }
    }
    const changed = changeValue === undefined ? value : changeValue(value)
    if (typeof changed === 'string')
      return { problem: { code: 'modifier.value', message: changed, value: index } }
    values.push(changed)
  }
  const changed = { ...item, values }
  return { item: changeItem === undefined ? changed : changeItem(changed) }
}

function surround(
  value: ItemValue,
  where: { readonly before: boolean; readonly behind: boolean },
): ItemValue | string {
  if (value.kind !== 'text') return 'not a text'
  if (value.pattern.every(({ kind }: PatternPart) => kind === 'any')) {
    return 'an empty text or a lone `*` matches everything here; to ask whether the field is there, use `exists`'
  }
  return { ...value, pattern: withAny(value.pattern, where) }
}

function regexFlag(flag: RegexFlag): Modifier {
  return {
    takes: ['regex'],
    advice: 'it belongs behind `re`',
    changeValue: (value) => {
      if (value.kind !== 'regex' || value.flags.includes(flag)) return value
      return { ...value, flags: [...value.flags, flag] }
    },
  }
}
