import { type FieldItem, type ItemValue, type PlainValue, plainValues } from './field-item.ts'
import { type Modifier, modifiers } from './modifiers.ts'
import type { Placeholders } from './placeholders.ts'
import { unknownName } from './unknown-name.ts'

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
  placeholders: Placeholders,
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
    const changed = change(item, name, modifier ?? {}, placeholders)
    if ('problem' in changed) return changed
    item = changed.item
    if (modifier?.changeValue !== undefined) hasChangedValues = true
  }
  return { item }
}

function unknownModifier(name: string): ItemProblem {
  const message = unknownName('modifier', name, Object.keys(modifiers))
  return { code: 'modifier.unknown', message }
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
  modifier: Modifier,
  placeholders: Placeholders,
): { readonly item: FieldItem } | { readonly problem: ItemProblem } {
  const values: ItemValue[] = []
  for (const [index, value] of item.values.entries()) {
    const changed: PlainValue[] = []
    for (const plain of plainValues([value])) {
      const result = changeValue(plain, name, modifier, placeholders)
      if (typeof result === 'string')
        return { problem: { code: 'modifier.value', message: result, value: index } }
      changed.push(...plainValues([result]))
    }
    const [only] = changed
    values.push(
      changed.length === 1 && only !== undefined ? only : { kind: 'oneOf', values: changed },
    )
  }
  const changed = { ...item, values }
  return { item: modifier.changeItem === undefined ? changed : modifier.changeItem(changed) }
}

function changeValue(
  value: PlainValue,
  name: string,
  { takes, advice, changeValue: change }: Modifier,
  placeholders: Placeholders,
): ItemValue | string {
  if (takes !== undefined && !takes.includes(value.kind)) {
    const rest = advice === undefined ? '' : `; ${advice}`
    return `\`${name}\` does not take a ${value.kind} value${rest}`
  }
  return change === undefined ? value : change(value, placeholders)
}
