const maxDepth = 64

/** Every text, number and boolean anywhere in a value, to a depth of 64: what keywords are searched in. Keys are not. */
export function scalarsOf(value: unknown): unknown[] {
  const found: unknown[] = []
  collect(value, found, 0)
  return found
}

function collect(value: unknown, found: unknown[], depth: number): void {
  if (typeof value !== 'object') {
    if (value !== undefined) found.push(value)
    return
  }
  if (value === null || depth >= maxDepth) return
  for (const item of Object.values(value)) collect(item, found, depth + 1)
}
