import type { AuditEvent, FieldReader } from '../contracts.ts'
import type { ReadDerived } from './derived/field.ts'
import { findDerivedField } from './derived/table.ts'
import { EventView } from './derived/view.ts'
import { compilePath, type PathReader } from './path.ts'

/** How to read one path: keys as they stand, or a derived field. */
type EventFieldReader =
  | { readonly isDerived: false; readonly read: PathReader }
  | { readonly isDerived: true; readonly read: ReadDerived }

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
  return new EventFields(event, paths, names)
}

class EventFields implements FieldReader {
  readonly #event: AuditEvent
  readonly #paths: FieldPaths
  readonly #names: FieldNames
  /** Made when the first derived field is asked for. */
  #view: EventView | undefined

  constructor(event: AuditEvent, paths: FieldPaths, names: FieldNames) {
    this.#event = event
    this.#paths = paths
    this.#names = names
  }

  read(path: string): readonly unknown[] | undefined {
    let field = this.#paths.get(path)
    if (field === undefined) {
      field = compileField(path, this.#names)
      this.#paths.set(path, field)
    }
    if (!field.isDerived) return field.read(this.#event.raw)
    this.#view ??= new EventView(this.#event)
    return field.read(this.#view)
  }
}

function compileField(path: string, names: FieldNames): EventFieldReader {
  const derived = names === 'event' ? findDerivedField(path) : undefined
  return derived === undefined
    ? { isDerived: false, read: compilePath(path) }
    : { isDerived: true, read: derived }
}
