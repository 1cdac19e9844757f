/** The Go types that a policy file is decoded into. `pointer` = null makes it absent instead of leaving what was there. */
export type Shape =
  | { readonly kind: 'text' | 'boolean' | 'integer' | 'time' | 'any'; readonly pointer?: true }
  | { readonly kind: 'list' | 'map'; readonly of: Shape }
  | { readonly kind: 'struct'; readonly fields: Readonly<Record<string, Shape>> }

const text: Shape = { kind: 'text' }
const texts: Shape = { kind: 'list', of: text }
const boolean: Shape = { kind: 'boolean', pointer: true }

/** `ObjectMeta` of meta/v1: none of it is used, but a wrong type in it keeps the API server from starting. */
const objectMeta: Shape = {
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

const groupResources: Shape = {
  kind: 'struct',
  fields: { group: text, resources: texts, resourceNames: texts },
}

const rule: Shape = {
  kind: 'struct',
  fields: {
    level: text,
    users: texts,
    userGroups: texts,
    verbs: texts,
    resources: { kind: 'list', of: groupResources },
    namespaces: texts,
    nonResourceURLs: texts,
    omitStages: texts,
    omitManagedFields: boolean,
  },
}

/** `Policy` of `audit.k8s.io/v1` (apiserver `pkg/apis/audit/v1/types.go`). */
export const policyShape: Shape = {
  kind: 'struct',
  fields: {
    kind: text,
    apiVersion: text,
    metadata: objectMeta,
    rules: { kind: 'list', of: rule },
    omitStages: texts,
    omitManagedFields: { kind: 'boolean' },
  },
}
