import { objectMeta, type Shape, text, texts } from '../audit/manifest/shape.ts'
import type { RbacKind } from './objects.ts'

const common = { kind: text, apiVersion: text, metadata: objectMeta }

const rules: Shape = {
  kind: 'list',
  of: {
    kind: 'struct',
    fields: {
      verbs: texts,
      apiGroups: texts,
      resources: texts,
      resourceNames: texts,
      nonResourceURLs: texts,
    },
  },
}

const labelSelector: Shape = {
  kind: 'struct',
  fields: {
    matchLabels: { kind: 'map', of: text },
    matchExpressions: {
      kind: 'list',
      of: { kind: 'struct', fields: { key: text, operator: text, values: texts } },
    },
  },
}

const aggregationRule: Shape = {
  kind: 'struct',
  fields: { clusterRoleSelectors: { kind: 'list', of: labelSelector } },
}

const binding: Shape = {
  kind: 'struct',
  fields: {
    ...common,
    subjects: {
      kind: 'list',
      of: {
        kind: 'struct',
        fields: { kind: text, apiGroup: text, name: text, namespace: text },
      },
    },
    roleRef: { kind: 'struct', fields: { apiGroup: text, kind: text, name: text } },
  },
}

/** The Go types of `rbac.authorization.k8s.io/v1` (k8s.io/api `rbac/v1/types.go`). */
export const rbacShapes: Readonly<Record<RbacKind, Shape>> = {
  Role: { kind: 'struct', fields: { ...common, rules } },
  ClusterRole: { kind: 'struct', fields: { ...common, rules, aggregationRule } },
  RoleBinding: binding,
  ClusterRoleBinding: binding,
}
