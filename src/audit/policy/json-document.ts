import { isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml'
import { messageOf } from '../../errors.ts'
import { type PolicyEntry, PolicySyntaxError, type PolicyValue } from './document.ts'

/** The API server reads as JSON, and as nothing else, whatever begins with a brace. */
export function isJsonText(text: string): boolean {
  return /^[ \t\n\r\v\f\u0085\u00a0]*\{/.test(text)
}

/** A JSON text; entries with equal keys are all kept. Throws PolicySyntaxError. */
export function readJson(text: string): PolicyValue {
  const message = jsonErrorOf(text)
  if (message !== undefined)
    throw new PolicySyntaxError(
      jsonErrorOffset(text),
      'json.syntax',
      `a file that begins with { is read as JSON: ${message}`,
    )
  // JSON is YAML: the tree gives the places.
  const { contents } = parseDocument(text, {
    version: '1.2',
    schema: 'failsafe',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  })
  return nodeValue(contents)
}

function jsonErrorOf(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

/** The parser does not always say where: up to the error, a beginning of the text is at most incomplete. */
function jsonErrorOffset(text: string): number {
  let [incomplete, wrong] = [0, text.length + 1]
  while (wrong - incomplete > 1) {
    const length = Math.floor((incomplete + wrong) / 2)
    const message = jsonErrorOf(text.slice(0, length))
    const place = Number(/ at position (\d+)/.exec(message ?? '')?.[1] ?? Number.NaN)
    const isIncomplete =
      message === undefined || place >= length || /end of JSON|Unterminated/.test(message)
    if (isIncomplete) incomplete = length
    else wrong = length
  }
  return Math.min(incomplete, text.length)
}

function nodeValue(node: unknown): PolicyValue {
  const offset = (node as Node | null)?.range?.[0] ?? 0
  if (isSeq(node)) return { kind: 'list', items: node.items.map(nodeValue), offset }
  if (isMap(node)) {
    const seen = new Set<string>()
    const entries = node.items.map((pair): PolicyEntry => {
      const keyNode = pair.key as Node
      const key = isScalar(keyNode) ? String(keyNode.value) : ''
      const isRepeated = seen.has(key)
      seen.add(key)
      return { key, keyOffset: keyNode.range?.[0] ?? 0, value: nodeValue(pair.value), isRepeated }
    })
    return { kind: 'map', entries, offset }
  }
  if (!isScalar(node)) return { kind: 'null', offset }
  const text = String(node.value)
  if (node.type !== 'PLAIN') return { kind: 'text', text, offset }
  if (text === 'null') return { kind: 'null', offset }
  if (text === 'true' || text === 'false')
    return { kind: 'boolean', boolean: text === 'true', offset }
  return { kind: 'number', text, offset }
}
