/** Reads one path in an object, with the answers of `FieldReader.read`. */
export type PathReader = (root: unknown) => readonly unknown[] | undefined

/** Every run of segments is a key to try. Rules with longer names are refused when they are loaded. */
const maxSegments = 100

/**
 * The path, taken apart once. At every object the whole rest of the path is tried as one key first, then ever shorter
 * beginnings of it, until one leads to a value: `annotations.authorization.k8s.io/decision` finds the key
 * `authorization.k8s.io/decision`. Arrays are walked through wherever they are; elements that lack the rest are left out,
 * and if all do, the field is absent. So is every path of more than 100 segments.
 */
export function compilePath(path: string): PathReader {
  const segments = path.split('.')
  if (segments.length > maxSegments) return () => undefined
  const steps = stepsOf(segments)
  return (root) => walk(root, steps)
}

/** A key to try, and the steps behind it; none behind the last. */
interface Step {
  readonly key: string
  readonly rest: readonly Step[] | undefined
  /** Every object seems to have it. */
  readonly isInherited: boolean
}

function stepsOf(segments: readonly string[]): readonly Step[] {
  const stepsFrom: (readonly Step[])[] = []
  for (let from = segments.length - 1; from >= 0; from--) {
    const steps: Step[] = []
    for (let to = segments.length; to > from; to--) {
      const key = segments.slice(from, to).join('.')
      steps.push({ key, rest: stepsFrom[to], isInherited: key in Object.prototype })
    }
    stepsFrom[from] = steps
  }
  return stepsFrom[0] ?? []
}

function walk(value: unknown, steps: readonly Step[]): readonly unknown[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) return walkElements(value, steps)
  // An object that is no array; JSON gives it string keys.
  const object = value as Readonly<Record<string, unknown>>
  for (const { key, rest, isInherited } of steps) {
    const member = object[key]
    if (member === undefined || (isInherited && !Object.hasOwn(object, key))) continue
    if (rest === undefined) return valuesOf(member)
    const found = walk(member, rest)
    if (found !== undefined) return found
  }
  return undefined
}

function walkElements(
  elements: readonly unknown[],
  steps: readonly Step[],
): readonly unknown[] | undefined {
  let all: unknown[] | undefined
  for (const element of elements) {
    const found = walk(element, steps)
    if (found === undefined) continue
    all ??= []
    for (const value of found) all.push(value)
  }
  return all
}

function valuesOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return [value]
  return value.some(Array.isArray) ? value.flat(Number.POSITIVE_INFINITY) : value
}
