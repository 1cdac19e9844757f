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

/** The decoded values of each query parameter, in order; as Go reads them, `+` is a space. */
export function queryOf(requestUri: string): ReadonlyMap<string, readonly string[]> {
  const valuesByName = new Map<string, string[]>()
  const question = requestUri.indexOf('?')
  if (question < 0) return valuesByName
  for (const pair of requestUri.slice(question + 1).split('&')) {
    const equals = pair.indexOf('=')
    const name = queryDecoded(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : queryDecoded(pair.slice(equals + 1))
    const values = valuesByName.get(name)
    if (values === undefined) valuesByName.set(name, [value])
    else values.push(value)
  }
  return valuesByName
}

function queryDecoded(text: string): string {
  return percentDecoded(text.replaceAll('+', ' '))
}

/**
 * What stands behind `/proxy` in the path of a request to a node, pod or service through the API server, `/` when nothing
 * does; repeated slashes are one. Undefined for other paths.
 */
export function proxiedPathOf(path: string): string | undefined {
  const found = proxied.exec(path)
  if (found === null) return undefined
  return `/${found[1] ?? ''}`.replaceAll(/\/{2,}/g, '/')
}

const proxied =
  /^\/+api\/+v1\/+(?:namespaces\/+[^/]+\/+(?:pods|services)|nodes)\/+[^/]+\/+proxy(?:\/(.*))?$/s
