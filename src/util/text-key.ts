/** One text for several, no two lists of which give the same: a key for maps, made faster than JSON. */
export function textKey(texts: readonly string[]): string {
  let key = ''
  for (const text of texts) key += `${text.length}:${text}`
  return key
}
