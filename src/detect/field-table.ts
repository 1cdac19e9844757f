import type { Problem, SourceLocation } from '../contracts.ts'
import { nearest } from '../util/nearest.ts'

/** The fields that events have. */
export interface FieldTable {
  isKnown(path: string): boolean
  /** The field that was probably meant. */
  nearestTo(path: string): string | undefined
}

/** One that ends in `.*` or `.` stands for everything below it. */
export function fieldTable(knownFields: Iterable<string>): FieldTable {
  const exact = new Set<string>()
  const prefixes: string[] = []
  for (const field of knownFields) {
    if (field.endsWith('.*')) prefixes.push(field.slice(0, -1))
    else if (field.endsWith('.')) prefixes.push(field)
    else exact.add(field)
  }
  return {
    isKnown: (path) => exact.has(path) || prefixes.some((prefix) => path.startsWith(prefix)),
    nearestTo: (path) => {
      const keys = path.split('.')
      // What stands below a prefix is anyone's choice: only the part that should be the prefix is compared.
      const below = prefixes.map(
        (prefix) => prefix + keys.slice(prefix.split('.').length - 1).join('.'),
      )
      return nearest(path, [...exact, ...below.filter((field) => !field.endsWith('.'))])
    },
  }
}

/** The warning about a field that events do not have, at a place that names it; nothing if they have it. */
export function unknownField(
  path: string,
  location: SourceLocation,
  { isKnown, nearestTo }: FieldTable,
): readonly Problem[] {
  if (isKnown(path)) return []
  const meant = nearestTo(path)
  const advice = meant === undefined ? 'correct its name' : `did you mean \`${meant}\`?`
  const message = `audit events have no field \`${path}\`; ${advice}`
  return [{ ...location, severity: 'warning', code: 'lint.field', message }]
}
