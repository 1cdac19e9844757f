/** Asks a server directly, for what the product does not do: read. */
export async function ask(
  address: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(`${address}/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return response.json()
}

/** How many documents an index, alias or stream has, all of them searchable. */
export async function countOf(address: string, index: string): Promise<number> {
  await ask(address, 'POST', `${index}/_refresh`)
  const answer = (await ask(address, 'GET', `${index}/_count`)) as { count?: number }
  return answer.count ?? 0
}

export interface FoundDocument {
  readonly id: string
  readonly version: number
}

const pageSize = 10_000

/** Every document of an index, alias or stream, by the keyword `event.id`. */
export async function allDocuments(address: string, index: string): Promise<FoundDocument[]> {
  await ask(address, 'POST', `${index}/_refresh`)
  const found: FoundDocument[] = []
  let after: unknown
  for (;;) {
    const page = (await ask(address, 'POST', `${index}/_search`, {
      size: pageSize,
      version: true,
      _source: false,
      sort: ['event.id'],
      ...(after === undefined ? {} : { search_after: after }),
    })) as { hits: { hits: { _id: string; _version: number; sort: unknown }[] } }
    const { hits } = page.hits
    found.push(...hits.map(({ _id, _version }) => ({ id: _id, version: _version })))
    if (hits.length < pageSize) return found
    after = hits.at(-1)?.sort
  }
}
