/** A JSON object as it arrived. Nothing is known of its values, nor that a key is its own: ask through `at`. */
export type WireObject = Readonly<Record<string, unknown>>

/** Neither an array nor null. */
export function isWireObject(value: unknown): value is WireObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object's own value of the key; undefined if absent, or if it is no object. Keys like `constructor` find nothing inherited. */
export function at(object: unknown, key: string): unknown {
  return isWireObject(object) && Object.hasOwn(object, key) ? object[key] : undefined
}

/** The value as text; empty unless it is a string. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
