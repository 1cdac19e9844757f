import { annotationKeys, eventKeys, type KeyTable, userRole } from './item-keys.ts'

/** A member of an object in an event which can be asked for alone: none stands there twice. */
export interface InnerKey {
  /** Of the parent. */
  readonly number: number
  readonly parent: string
  readonly key: string
}

const innerKeys: ReadonlyMap<string, ReadonlyMap<string, InnerKey>> = new Map(
  [
    { name: 'annotations', keys: annotationKeys },
    { name: 'user', keys: userRole.keys },
    ...objectKeys(),
  ].map(({ name: parent, keys: { keys } }, number) => [
    parent,
    new Map(keys.map(({ name: key }) => [key, { number, parent, key }])),
  ]),
)

function objectKeys(): { readonly name: string; readonly keys: KeyTable }[] {
  return eventKeys.keys.flatMap(({ name, role }) =>
    role.kind === 'object' ? [{ name, keys: role.keys }] : [],
  )
}

export function innerKeyOf(parent: string, key: string): InnerKey | undefined {
  return innerKeys.get(parent)?.get(key)
}
