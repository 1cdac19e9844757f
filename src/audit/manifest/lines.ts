import { LineCounter } from 'yaml'

/** The line breaks of YAML 1.1, whether or not the text can be read. */
export function countLines(text: string): LineCounter {
  const lines = new LineCounter()
  lines.addNewLine(0)
  for (const { 0: lineBreak, index } of text.matchAll(/\r\n|[\n\r\u0085\u2028\u2029]/g))
    lines.addNewLine(index + lineBreak.length)
  return lines
}

/** Where a field such as `rules[2].verbs` stands, or the nearest thing around it that does. */
export function nearestOffset(field: string, offsets: ReadonlyMap<string, number>): number {
  for (let at = field; at !== ''; at = at.replace(/(?:\.|^)[^.[]+$|\[\d+\]$/, '')) {
    const offset = offsets.get(at)
    if (offset !== undefined) return offset
  }
  return offsets.get('') ?? 0
}
