import { boolean, objectMeta, type Shape, text, texts } from '../manifest/shape.ts'

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
