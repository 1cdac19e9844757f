export const REQUEST_URI = 1
export const BODY = 2
export const RESPONSE_STATUS = 3
export const OBJECT_REF = 4
export const RESOURCE = 5
export const SUBRESOURCE = 6
export const MESSAGE = 7

const knownKeys: ReadonlyMap<string, number> = new Map([
  ['requesturi', REQUEST_URI],
  ['requestobject', BODY],
  ['responseobject', BODY],
  ['responsestatus', RESPONSE_STATUS],
  ['objectref', OBJECT_REF],
  ['resource', RESOURCE],
  ['subresource', SUBRESOURCE],
  ['message', MESSAGE],
])

/** Which of the keys of an event and its members it is that redaction knows, in any case; 0: none of them. */
export function eventKeyOf(key: string): number {
  return knownKeys.get(key.toLowerCase()) ?? 0
}
