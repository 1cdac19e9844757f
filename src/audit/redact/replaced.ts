import { isMarker, mergedSpans, type Span } from './marker.ts'

/** A text that stands by itself, and what is found in it replaced; markers stay. Finder and replacement see byte strings. */
export function replaced(
  text: string,
  find: (bytes: string) => readonly Span[],
  replacementOf: (value: string) => string,
): string {
  const bytes = Buffer.from(text, 'utf8').toString('latin1')
  let result = ''
  let from = 0
  for (const { start, end } of mergedSpans(find(bytes))) {
    const value = bytes.slice(start, end)
    if (value === '' || isMarker(value)) continue
    result += bytes.slice(from, start) + replacementOf(value)
    from = end
  }
  return from === 0 ? text : Buffer.from(result + bytes.slice(from), 'latin1').toString('utf8')
}
