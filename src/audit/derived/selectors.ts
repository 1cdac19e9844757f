/**
 * The values that a field selector asks for, by field: `metadata.name=a,spec.nodeName!=b` asks for the name only
 * (`pkg/fields/selector.go`; commas and signs in a value stand behind a backslash).
 */
export function fieldSelectorOf(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const [term] of text.matchAll(/(?:[^,\\]|\\.)+/gs)) {
    const parts = /^([^=!]+)==?(.*)$/s.exec(term)
    const [, key = '', value = ''] = parts ?? []
    if (key !== '') add(found, key.trim(), [value.replaceAll(/\\(.)/gs, '$1')])
  }
  return found
}

const setTerm = /^([^\s,!=()]+)\s+in\s*\(([^()]*)\)$/
const equalTerm = /^([^\s,!=()]+)\s*==?\s*([^\s,!=()]*)$/

/** The values that a label selector asks for, by label: `app=a,tier in (b,c),!old` (`pkg/labels/selector.go`). */
export function labelSelectorOf(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const term of termsOf(text)) {
    const set = setTerm.exec(term)
    const [, key = '', values = ''] = set ?? equalTerm.exec(term) ?? []
    if (key === '') continue
    add(found, key, set === null ? [values] : values.split(',').map((value) => value.trim()))
  }
  return found
}

/** What stands between commas that are not in brackets. */
function termsOf(text: string): readonly string[] {
  const terms: string[] = []
  let start = 0
  let isInBrackets = false
  for (let i = 0; i <= text.length; i++) {
    const letter = text[i]
    if (letter === '(') isInBrackets = true
    else if (letter === ')') isInBrackets = false
    else if (letter === undefined || (letter === ',' && !isInBrackets)) {
      terms.push(text.slice(start, i).trim())
      start = i + 1
    }
  }
  return terms
}

function add(found: Map<string, string[]>, key: string, values: readonly string[]): void {
  const known = found.get(key) ?? []
  found.set(key, known)
  for (const value of values) known.push(value)
}
