import { at, isWireObject } from '../wire.ts'
import type { EventView } from './view.ts'
import { equalsOne, exists, isInUri, type WireFacts } from './wire-fact.ts'

/** What the wire shows of every dry run. */
export const asksForDryRun: WireFacts = [
  [isInUri('dryRun')],
  [equalsOne('verb', 'delete', 'deletecollection'), exists('requestObject')],
]

/**
 * Whether the request asked for nothing to be stored, as far as the event proves it. `?dryRun=All` alone does not:
 * a delete takes its options from its body if it has one, and then none from its URL (apiserver, `handlers/delete.go`), which
 * at level Metadata nobody sees; and a token is issued, and good, in a dry run too (`serviceaccounts/token`).
 */
export function isDryRun(view: EventView): boolean {
  const isAsked = view.queryValues('dryRun')?.some((value) => value !== '') ?? false
  const verb = view.member('verb')
  const isDelete = verb === 'delete' || verb === 'deletecollection'
  if ((!isAsked && !isDelete) || isTokenRequest(view)) return false
  if (!isDelete) return isAsked
  const options = view.member('requestObject')
  if (!isWireObject(options)) return isAsked && hasRequestBody(view.member('level'))
  const dryRun = at(options, 'dryRun')
  return Array.isArray(dryRun) && dryRun.length > 0
}

function isTokenRequest(view: EventView): boolean {
  return (
    view.reference('resource') === 'serviceaccounts' && view.reference('subresource') === 'token'
  )
}

/** Where there was a body, the event has it. */
function hasRequestBody(level: unknown): boolean {
  return level === 'Request' || level === 'RequestResponse'
}
