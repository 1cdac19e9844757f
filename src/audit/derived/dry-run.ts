import { at, isWireObject } from '../wire.ts'
import type { EventView } from './view.ts'

/** Whether the request asked for nothing to be stored, in its URL or in the options that a delete has for its body. */
export function isDryRun(view: EventView): boolean {
  if (view.query.get('dryRun')?.some((value) => value !== '')) return true
  const body = view.member('requestObject')
  if (!isWireObject(body) || at(body, 'kind') !== 'DeleteOptions') return false
  const dryRun = at(body, 'dryRun')
  return Array.isArray(dryRun) && dryRun.length > 0
}
