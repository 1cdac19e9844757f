/**
 * The keys of a path: dots between them, double quotes around a key that has dots itself, numbers for places in
 * arrays: `annotations."authorization.k8s.io/decision"`, `requestObject.spec.containers.0.image`.
 * Undefined when it cannot be read.
 */
export function parseChangePath(path: string): readonly string[] | undefined {
  const keys: string[] = []
  const part = /(?:"([^"]*)"|([^."]+))(?:\.|$)/y
  while (part.lastIndex < path.length) {
    const found = part.exec(path)
    if (found === null) return undefined
    keys.push(found[1] ?? found[2] ?? '')
  }
  return keys.length === 0 || path.endsWith('.') ? undefined : keys
}

type Changed = Record<string, unknown>

/** A copy of the event with each path set to its value; null removes. A text in place of it says what cannot be done. */
export function applyChanges(
  event: object,
  changes: readonly (readonly [readonly string[], unknown])[],
): Changed | string {
  // A copy of an object is an object.
  const copy = structuredClone(event) as Changed
  for (const [keys, value] of changes) {
    // A later change may lead into this value, which other cases share.
    const problem = applyChange(copy, keys, structuredClone(value))
    if (problem !== undefined) return problem
  }
  return copy
}

function applyChange(root: Changed, keys: readonly string[], value: unknown): string | undefined {
  let place: unknown = root
  for (const key of keys.slice(0, -1)) {
    if (!isContainer(place)) return `\`${keys.join('.')}\` leads through a value that is no map`
    if (!Object.hasOwn(place, key)) {
      if (value === null) return `\`${keys.join('.')}\` removes what is not there`
      define(place, key, {})
    }
    place = place[key]
  }
  const last = keys.at(-1) ?? ''
  if (!isContainer(place)) return `\`${keys.join('.')}\` leads through a value that is no map`
  if (value !== null) define(place, last, value)
  else if (!Object.hasOwn(place, last)) return `\`${keys.join('.')}\` removes what is not there`
  else if (Array.isArray(place)) place.splice(Number(last), 1)
  else delete place[last]
  return undefined
}

/** As an own property whatever the key is called. */
function define(place: Changed, key: string, value: unknown): void {
  Object.defineProperty(place, key, { value, writable: true, enumerable: true, configurable: true })
}

/** A map or an array: both hold values by key. */
function isContainer(value: unknown): value is Changed {
  return typeof value === 'object' && value !== null
}
