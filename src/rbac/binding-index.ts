import type { Subject } from './objects.ts'

/** The bindings of one scope, found by who they are for. */
export interface Bindings<T> {
  /** Those that apply to the user, in the order given, each with the first of its subjects that does. */
  of(user: { readonly name: string; readonly groups: readonly string[] }): readonly {
    readonly binding: T
    readonly subject: Subject
  }[]
}

interface Place {
  readonly binding: number
  readonly subject: number
}

/**
 * Indexes bindings by subject, so that a decision costs what a user's own bindings cost. `namespace` is that of the bindings, for
 * service accounts without one; empty for ClusterRoleBindings, where such an account is nobody
 * (k/k `pkg/registry/rbac/validation/rule.go`, `appliesToUser`).
 */
export function indexBindings<T extends { readonly subjects: readonly Subject[] }>(
  bindings: readonly T[],
  namespace: string,
): Bindings<T> {
  const byUser = new Map<string, Place[]>()
  const byGroup = new Map<string, Place[]>()
  for (const [index, { subjects }] of bindings.entries())
    for (const [position, subject] of subjects.entries()) {
      const place = { binding: index, subject: position }
      const user = userNameOf(subject, namespace)
      if (user !== undefined) addTo(byUser, user, place)
      else if (subject.kind === 'Group') addTo(byGroup, subject.name, place)
    }
  return {
    of: ({ name, groups }) => {
      const first = new Map<number, number>()
      for (const places of [byUser.get(name), ...groups.map((group) => byGroup.get(group))])
        for (const { binding, subject } of places ?? [])
          first.set(binding, Math.min(subject, first.get(binding) ?? subject))
      return [...first]
        .toSorted(([a], [b]) => a - b)
        .flatMap(([index, position]) => {
          const binding = bindings[index]
          const subject = binding?.subjects[position]
          return binding === undefined || subject === undefined ? [] : [{ binding, subject }]
        })
    },
  }
}

/** The user that the subject of a binding is; undefined for a group, and for nobody. */
export function userNameOf(subject: Subject, bindingNamespace: string): string | undefined {
  if (subject.kind === 'User') return subject.name
  if (subject.kind !== 'ServiceAccount') return undefined
  const namespace = subject.namespace === '' ? bindingNamespace : subject.namespace
  return namespace === '' ? undefined : `system:serviceaccount:${namespace}:${subject.name}`
}

function addTo(places: Map<string, Place[]>, key: string, place: Place): void {
  const list = places.get(key)
  if (list === undefined) places.set(key, [place])
  else list.push(place)
}
