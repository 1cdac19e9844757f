import type { RbacObject, RbacRule, Subject } from '../objects.ts'

/** An RBAC object as `kubectl apply` takes it, its keys in the usual order; what is empty is left out. */
export function manifestOf(object: RbacObject): Readonly<Record<string, unknown>> {
  const { kind, name, labels, annotations } = object
  const metadata = {
    name,
    ...('namespace' in object ? { namespace: object.namespace } : {}),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  }
  const head = { apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata }
  return 'rules' in object
    ? { ...head, rules: object.rules.map(ruleOf) }
    : { ...head, roleRef: object.roleRef, subjects: object.subjects.map(subjectOf) }
}

export function ruleOf(rule: RbacRule): Readonly<Record<string, readonly string[]>> {
  const { apiGroups, resources, resourceNames, nonResourceURLs, verbs } = rule
  const lists = { apiGroups, resources, resourceNames, nonResourceURLs, verbs }
  return Object.fromEntries(Object.entries(lists).filter(([, texts]) => texts.length > 0))
}

function subjectOf({ kind, apiGroup, name, namespace }: Subject): Readonly<Record<string, string>> {
  return {
    kind,
    ...(apiGroup === '' ? {} : { apiGroup }),
    name,
    ...(namespace === '' ? {} : { namespace }),
  }
}
