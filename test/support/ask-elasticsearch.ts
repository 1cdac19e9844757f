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
