/** Bytes that stand behind percent signs, decoded as UTF-8; what is malformed stays as it is. Never throws. */
export function percentDecoded(text: string): string {
  if (!text.includes('%')) return text
  return text.replaceAll(/(?:%[0-9a-fA-F]{2})+/g, (escapes) =>
    Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'),
  )
}

/** The decoded path of a `requestURI`. */
export function pathOf(requestUri: string): string {
  return percentDecoded(requestUri.split('?', 1)[0]!)
}

/** The decoded values of one query parameter, in order; as Go reads them, `+` is a space. */
export function queryValuesOf(requestUri: string, name: string): readonly string[] {
  const question = requestUri.indexOf('?')
  if (question < 0) return []
  const values: string[] = []
  for (const pair of requestUri.slice(question + 1).split('&')) {
    const equals = pair.indexOf('=')
    const key = equals < 0 ? pair : pair.slice(0, equals)
    if (queryDecoded(key) === name)
      values.push(equals < 0 ? '' : queryDecoded(pair.slice(equals + 1)))
  }
  return values
}

function queryDecoded(text: string): string {
  return percentDecoded(text.replaceAll('+', ' '))
}
