import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A case: rules, and what each of some events matches, or that the rules are refused. In a file of cases blank lines
 * stand between them, and a case is
 *
 *     # why, in a sentence
 *     a rule file (begins with `title:`, `action:` or a comment `#!`), or its detection, or only its selections (one is `sel`);
 *     `sigma-version:` may stand before these
 *     + {"an": "event"}          all rules match
 *     - {"an": "event"}          none does
 *     A,B {"an": "event"}        the rules with these titles do
 *     ! code                     refused, with this code; without a code, with any
 */
export interface LanguageCase {
  readonly file: string
  readonly line: number
  readonly why: string
  readonly rules: string
  readonly events: readonly { readonly json: string; readonly titles: readonly string[] | 'all' }[]
  /** Undefined = the rules load. Empty = any code. */
  readonly errorCode: string | undefined
}

const head = ['title: A', 'id: 0e95725d-7320-415d-80f7-004da920fc11', 'logsource: { product: x }']

/** What `expand` finds in the cases. */
export const placeholders: Readonly<Record<string, readonly string[]>> = {
  verbs: ['get', 'list'],
  spaces: ['kube-*', 'istio-?'],
  hosts: ['a.b', 'c+d'],
  one: ['1'],
  nothing: [],
}

/** All cases of a folder's `*.cases`, by file and line. */
export function readCases(folder: string): LanguageCase[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.cases'))
    .sort()
    .flatMap((name) => casesOf(name, readFileSync(join(folder, name), 'utf8')))
}

function casesOf(file: string, text: string): LanguageCase[] {
  const cases: LanguageCase[] = []
  let block: string[] = []
  for (const [index, line] of [...text.split('\n'), ''].entries()) {
    if (line !== '') block.push(line)
    else if (block.length > 0) {
      cases.push(caseOf(file, index + 1 - block.length, block))
      block = []
    }
  }
  return cases
}

const result = /^(?:[-+]|[A-Z](?:,[A-Z])*) \{|^!/

function caseOf(file: string, line: number, block: readonly string[]): LanguageCase {
  const [first = '', ...rest] = block
  if (!first.startsWith('# ')) throw new Error(`${file}:${line}: a case begins with its reason`)
  const isResult = (text: string): boolean => result.test(text)
  const error = rest.find((text) => text.startsWith('!'))
  const events = rest.filter((text) => isResult(text) && !text.startsWith('!')).map(eventOf)
  if (error === undefined && events.length === 0)
    throw new Error(`${file}:${line}: a case has events, or an error`)
  return {
    file,
    line,
    why: first.slice(2),
    rules: ruleText(rest.filter((text) => !isResult(text))),
    events,
    errorCode: error?.slice(1).trim(),
  }
}

function eventOf(text: string): LanguageCase['events'][number] {
  const space = text.indexOf(' ')
  const mark = text.slice(0, space)
  const titles = mark === '+' ? 'all' : mark === '-' ? [] : mark.split(',')
  return { json: text.slice(space + 1), titles }
}

function ruleText(lines: readonly string[]): string {
  if (/^(?:title:|action:|#!)/.test(lines[0] ?? '')) return lines.join('\n')
  const version = lines.filter((text) => text.startsWith('sigma-version:'))
  const own = lines.filter((text) => !text.startsWith('sigma-version:'))
  const condition = lines.some((text) => text.startsWith('condition:')) ? [] : ['condition: sel']
  const detection = [...own, ...condition].map((text) => `  ${text}`)
  return [...head, ...version, 'detection:', ...detection].join('\n')
}
