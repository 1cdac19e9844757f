import { isMap, isScalar, isSeq, type LineCounter, type Node, parseDocument } from 'yaml'
import { messageOf } from '../../errors.ts'
import { type PolicyEntry, PolicySyntaxError, type PolicyValue } from './document.ts'

/** The API server reads as JSON, and as nothing else, whatever begins with a brace. */
export function isJsonText(text: string): boolean {
  return /^[ \t\n\r\v\f\u0085\u00a0]*\{/.test(text)
}

/** A JSON text; entries with equal keys are all kept. Throws PolicySyntaxError. */
export function readJson(text: string, lineCounter: LineCounter): PolicyValue {
  try {
    JSON.parse(text)
  } catch (error) {
    const place = /at position (\d+)/.exec(messageOf(error))?.[1]
    throw new PolicySyntaxError(
      Number(place ?? 0),
      'json.syntax',
      `a file that begins with { is read as JSON: ${messageOf(error)}`,
    )
  }
  // JSON is YAML: the tree gives the places.
  const { contents } = parseDocument(text, {
    version: '1.2',
    schema: 'failsafe',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
    lineCounter,
  })
  return nodeValue(contents)
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
