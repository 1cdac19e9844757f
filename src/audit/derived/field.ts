import type { Comparison } from '../../contracts.ts'
import type { AnnotationFamily } from '../annotation-families.ts'
import type { EventView } from './view.ts'
import type { WireFacts } from './wire-fact.ts'

/** As of `FieldReader.read`. Never throws; takes time linear in the size of the event. */
export type ReadDerived = (view: EventView) => readonly unknown[] | undefined

/** A field that the wire does not have: computed from what it has, when a rule asks for it. `bind` of one that takes a name. */
export type DerivedField = FieldTraits &
  (
    | { readonly read: ReadDerived }
    | {
        readonly bind: (name: string) => ReadDerived
        /** As `wherePresent`, of the field of one name. */
        readonly whereNamed?: (name: string) => WireFacts | undefined
      }
  )

/** What is known of a derived field beside how it is read. */
interface FieldTraits {
  /** What the values are; of a list there can be several. */
  readonly type: FieldType
  readonly isList?: true
  /** A sentence or two for the reference of fields. */
  readonly meaning: string
  /** The least audit level that carries what it is read from; Metadata if not said. */
  readonly auditLevel?: 'Request' | 'RequestResponse'
  /** The Kubernetes release that first sends what it is read from, as far as that is not every one in support. */
  readonly since?: string
  /** It is there only where an annotation of the family is. */
  readonly annotationFamily?: AnnotationFamily
  /** It is of what was remembered, and absent where there is nothing unusual to tell. */
  readonly isRemembered?: true
  /** What is known of the wire where the field is there. */
  readonly wherePresent?: WireFacts
  /** What is known of the wire where its value passes a comparison. */
  readonly whereOne?: (comparison: Comparison) => WireFacts | undefined
  /** The only values that it can have, and what is known of the wire where it has each. */
  readonly values?: readonly FieldValue[]
}

export type FieldType = 'text' | 'number' | 'boolean' | 'object' | 'any'

export interface FieldValue {
  readonly value: string | number | boolean
  readonly meaning: string
  /** None: no more than `wherePresent`. */
  readonly facts?: WireFacts
}

/** The values of a field that has one text or none. */
export function presentText(text: string | undefined): readonly string[] | undefined {
  return text === undefined || text === '' ? undefined : [text]
}

/** The values of a list that is not there when it is empty. */
export function presentValues<T>(values: readonly T[]): readonly T[] | undefined {
  return values.length === 0 ? undefined : values
}
