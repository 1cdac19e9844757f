import { parseNetwork } from '../util/cidr.ts'
import type { DatePart } from './date-part.ts'
import { base64, base64offset, utf16, windash } from './encodings.ts'
import type { FieldItem, ItemValue, Place, PlainValue, TextValue } from './field-item.ts'
import type { NumberOperator } from './number-test.ts'
import { expandRegex, expandText, type Placeholders } from './placeholders.ts'
import type { RegexFlag } from './regex.ts'
import { literalOf, type PatternPart, withAny } from './wildcard.ts'

/** One modifier: what it takes, and what it makes of it. A text as result says what is wrong. */
export interface Modifier {
  /** Kinds of values it can stand on; absent = all of them. */
  readonly takes?: readonly PlainValue['kind'][]
  /** What to write instead, for the message about a value of another kind. */
  readonly advice?: string
  /** No modifier that changes values may stand before it. */
  readonly isFirst?: true
  /** No other modifier at all may stand beside it. */
  readonly isAlone?: true
  readonly changeValue?: (value: PlainValue, placeholders: Placeholders) => ItemValue | string
  readonly changeItem?: (item: FieldItem) => FieldItem
}

const quoteNumbers = 'put the value in quotes'
const unquoteNumbers = 'write a number, without quotes'

/** Every modifier there is: adding one is a row here, its test, and its sentence in docs/sigma-semantics.md. */
export const modifiers: Readonly<Record<string, Modifier>> = {
  contains: placing('anywhere'),
  startswith: placing('start'),
  endswith: placing('end'),
  cased: {
    takes: ['text', 'field'],
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
    changeValue: onText((value) => {
      const network = parseNetwork(value.source)
      return typeof network === 'string'
        ? network
        : { kind: 'network', source: value.source, network }
    }),
  },
  windash: textModifier(windash),
  wide: textModifier((value) => utf16(value, 'littleEndian')),
  utf16le: textModifier((value) => utf16(value, 'littleEndian')),
  utf16be: textModifier((value) => utf16(value, 'bigEndian')),
  utf16: textModifier((value) => utf16(value, 'littleEndian', true)),
  base64: textModifier(base64),
  base64offset: textModifier(base64offset),
  fieldref: textModifier((value) => {
    const path = literalOf(value.pattern)
    if (path === undefined)
      return 'the name of a field has no wildcards; `contains`, `startswith` and `endswith` belong behind `fieldref`'
    return path === '' ? 'the name of a field is empty' : { kind: 'field', path, place: 'whole' }
  }),
  expand: {
    takes: ['text', 'regex'],
    advice: quoteNumbers,
    changeValue: (value, placeholders) => {
      if (value.kind === 'regex') return expandRegex(value, placeholders)
      return value.kind === 'text' ? expandText(value, placeholders) : 'not a text'
    },
  },
  lt: numberModifier('lt'),
  lte: numberModifier('lte'),
  gt: numberModifier('gt'),
  gte: numberModifier('gte'),
  minute: dateModifier('minute'),
  hour: dateModifier('hour'),
  day: dateModifier('day'),
  week: dateModifier('week'),
  month: dateModifier('month'),
  year: dateModifier('year'),
}

function onText(
  change: (value: TextValue) => ItemValue | string,
): NonNullable<Modifier['changeValue']> {
  return (value) => (value.kind === 'text' ? change(value) : 'not a text')
}

function textModifier(change: (value: TextValue) => ItemValue | string): Modifier {
  return { takes: ['text'], advice: quoteNumbers, changeValue: onText(change) }
}

function numberModifier(operator: NumberOperator): Modifier {
  return {
    takes: ['number', 'comparison'],
    advice: unquoteNumbers,
    changeValue: (value) => {
      if (value.kind === 'number') return { kind: 'comparison', operator, number: value.number }
      return value.kind === 'comparison' && value.operator === 'eq'
        ? { ...value, operator }
        : 'only one comparison is possible; write a field twice, in a list of selections, for more'
    },
  }
}

/** A part of the date in the field, of which a comparison may follow. */
function dateModifier(part: DatePart): Modifier {
  return {
    takes: ['number'],
    advice: unquoteNumbers,
    changeValue: (value) =>
      value.kind === 'number'
        ? { kind: 'comparison', operator: 'eq', number: value.number, part }
        : 'not a number',
  }
}

/** Where the value has to stand in the field's text. */
function placing(place: Exclude<Place, 'whole'>): Modifier {
  return {
    takes: ['text', 'regex', 'field'],
    advice: quoteNumbers,
    changeValue: (value) => {
      if (value.kind === 'text') return surround(value, place)
      if (value.kind === 'field') return { ...value, place }
      if (value.kind !== 'regex') return 'not a text'
      if (value.source === '') return 'an empty regular expression matches everything'
      const start = place === 'start' ? String.raw`\A` : ''
      const end = place === 'end' ? String.raw`\z` : ''
      return { ...value, source: `${start}(?:${value.source})${end}` }
    },
  }
}

function surround(value: TextValue, place: Exclude<Place, 'whole'>): ItemValue | string {
  if (value.pattern.every(({ kind }: PatternPart) => kind === 'any')) {
    return 'an empty text or a lone `*` matches everything here; to ask whether the field is there, use `exists`'
  }
  return {
    ...value,
    pattern: withAny(value.pattern, { before: place !== 'start', behind: place !== 'end' }),
  }
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
