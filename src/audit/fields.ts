import type { AuditEvent, FieldReader } from '../contracts.ts'
import type { ReadDerived } from './derived/field.ts'
import { findDerivedField } from './derived/table.ts'
import { EventView } from './derived/view.ts'
import { knownMember, knownScalar, knownText, objectWith } from './event.ts'
import { innerKeyOf } from './inner-keys.ts'
import { searchedFields } from './item-keys.ts'
import { untold } from './item-members.ts'
import { isMember } from './item-sections.ts'
import { compilePath } from './path.ts'

/** How to read one path: keys as they stand, or a derived field. */
type EventFieldReader =
  | { readonly isDerived: false; readonly read: (event: AuditEvent) => ReturnType<ReadDerived> }
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
    if (!field.isDerived) return field.read(this.#event)
    this.#view ??= new EventView(this.#event)
    return field.read(this.#view)
  }
}

function compileField(path: string, names: FieldNames): EventFieldReader {
  const derived = names === 'event' ? findDerivedField(path) : undefined
  return derived === undefined
    ? { isDerived: false, read: compileKeys(path) }
    : { isDerived: true, read: derived }
}

function compileKeys(path: string): (event: AuditEvent) => ReturnType<ReadDerived> {
  const reader = compilePath(path)
  const dot = path.indexOf('.')
  const [top, rest] = dot < 0 ? [path, ''] : [path.slice(0, dot), path.slice(dot + 1)]
  const ask = askFor(path, top, rest)
  return (event) => {
    const known = ask(event)
    if (known === untold) return reader(objectWith(event, top))
    return known === undefined ? undefined : [known]
  }
}

/** How a value is asked for without decoding what it stands in. */
function askFor(path: string, top: string, rest: string): (event: AuditEvent) => unknown {
  const searched = searchedFields.find((field) => field === path)
  if (searched !== undefined) return (event) => knownText(event, searched)
  const inner = innerKeyOf(top, rest)
  if (inner !== undefined) return (event) => knownScalar(event, inner)
  return rest === '' && isMember(top) ? (event) => knownMember(event, top) : () => untold
}
