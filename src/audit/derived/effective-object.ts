import { at, isWireObject, textOf, type WireObject } from '../wire.ts'
import { putByJsonPatch } from './json-patch.ts'
import type { EventView } from './view.ts'

/** Where the object was taken from: what was stored, what was asked for, or the parts that a patch brings. */
export type ObjectSource = 'response' | 'request' | 'patch'

export interface EffectiveObject {
  readonly source: ObjectSource
  readonly object: WireObject
}

/** Answers that are no object of the request, though they are wrapped around it: a client can ask for the last two. */
const otherKinds: ReadonlySet<string> = new Set(['Status', 'Table', 'PartialObjectMetadata'])

/** What a create, update or patch makes of its object, whatever came of it; undefined for other verbs, and without bodies. */
export function effectiveObjectOf(view: EventView): EffectiveObject | undefined {
  const verb = view.member('verb')
  if (verb !== 'create' && verb !== 'update' && verb !== 'patch') return undefined
  const response = view.member('responseObject')
  if (isWireObject(response) && !otherKinds.has(textOf(at(response, 'kind'))))
    return { source: 'response', object: response }
  const request = view.member('requestObject')
  if (isWireObject(request))
    return { source: verb === 'patch' ? 'patch' : 'request', object: request }
  return Array.isArray(request) && verb === 'patch'
    ? { source: 'patch', object: putByJsonPatch(request) }
    : undefined
}

/** Elements of a list as objects: what is none is left out, and so is what a strategic merge patch takes away or only orders. */
export function objectsOf(list: unknown): readonly WireObject[] {
  if (!Array.isArray(list)) return []
  return list.filter(isWireObject).filter((element) => at(element, '$patch') === undefined)
}
