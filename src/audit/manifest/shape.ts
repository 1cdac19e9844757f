/** The Go types that a manifest is decoded into. `pointer` = null makes it absent instead of leaving what was there. */
export type Shape =
  | { readonly kind: 'text' | 'boolean' | 'integer' | 'time' | 'any'; readonly pointer?: true }
  | { readonly kind: 'list' | 'map'; readonly of: Shape }
  | { readonly kind: 'struct'; readonly fields: Readonly<Record<string, Shape>> }

export const text: Shape = { kind: 'text' }
export const texts: Shape = { kind: 'list', of: text }
export const boolean: Shape = { kind: 'boolean', pointer: true }

/** `ObjectMeta` of meta/v1: most of it is not used, but a wrong type in it makes the API server refuse the whole. */
export const objectMeta: Shape = {
  kind: 'struct',
  fields: {
    name: text,
    generateName: text,
    namespace: text,
    selfLink: text,
    uid: text,
    resourceVersion: text,
    generation: { kind: 'integer' },
    creationTimestamp: { kind: 'time' },
    deletionTimestamp: { kind: 'time' },
    deletionGracePeriodSeconds: { kind: 'integer' },
    labels: { kind: 'map', of: text },
    annotations: { kind: 'map', of: text },
    ownerReferences: {
      kind: 'list',
      of: {
        kind: 'struct',
        fields: {
          apiVersion: text,
          kind: text,
          name: text,
          uid: text,
          controller: boolean,
          blockOwnerDeletion: boolean,
        },
      },
    },
    finalizers: texts,
    managedFields: {
      kind: 'list',
      of: {
        kind: 'struct',
        fields: {
          manager: text,
          operation: text,
          apiVersion: text,
          time: { kind: 'time' },
          fieldsType: text,
          fieldsV1: { kind: 'any' },
          subresource: text,
        },
      },
    },
  },
}
