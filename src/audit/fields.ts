import type { AuditEvent, FieldReader } from '../contracts.ts'
import { findDerivedField } from './derived/table.ts'
import { EventView } from './derived/view.ts'
import { compilePath } from './path.ts'

type EventFieldReader = (view: EventView) => readonly unknown[] | undefined

/** Every path that was read, taken apart: for all events of one rule set. */
export type FieldPaths = Map<string, EventFieldReader>

/** What names of fields mean: `event` = derived fields, else those of the wire; `wire` = only keys, as they stand in the object. */
export type FieldNames = 'event' | 'wire'

/** A reader of one event's fields. Pass the same `paths` for many events, or each takes them apart anew. */
export function createFieldReader(
  event: AuditEvent,
  paths: FieldPaths = new Map(),
  names: FieldNames = 'event',
): FieldReader {
  const view = new EventView(event)
  return {
    read: (path) => {
      let reader = paths.get(path)
      if (reader === undefined) {
        reader = compileField(path, names)
        paths.set(path, reader)
      }
      return reader(view)
    },
  }
}

function compileField(path: string, names: FieldNames): EventFieldReader {
  const derived = names === 'event' ? findDerivedField(path) : undefined
  if (derived !== undefined) return derived
  const reader = compilePath(path)
  return (view) => reader(view.raw)
}
