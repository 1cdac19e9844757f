import {
  type ClusterRole,
  type ClusterRoleBinding,
  type RbacObject,
  type RbacObjects,
  type Role,
  type RoleBinding,
  rbacApiGroup,
} from '../objects.ts'
import type { Need } from './need.ts'
import type { SuggestOptions } from './options.ts'
import { rulesOf, type SuggestedRule } from './rules.ts'
import { objectNameOf, rbacSubject, type SuggestSubject } from './subject.ts'

/** A suggested object; of a role, what each of its rules is there for. */
export interface SuggestedObject {
  readonly object: RbacObject
  readonly rules: readonly SuggestedRule[]
}

/**
 * The objects that allow the needs: a ClusterRole for what is asked outside of namespaces or in all of them; a Role for each
 * namespace; where several namespaces need exactly the same, one ClusterRole that is bound in each of them.
 */
export function assemble(
  needs: readonly Need[],
  subject: SuggestSubject,
  options: SuggestOptions,
): SuggestedObject[] {
  const name = options.name ?? objectNameOf(subject)
  const make = makerOf(subject, options)
  const byNamespace = [...Map.groupBy(needs, ({ request }) => request.namespace)].sort(
    ([a], [b]) => (a < b ? -1 : 1),
  )
  const scopes = byNamespace
    .filter(([namespace]) => namespace !== '')
    .map(([namespace, own]) => ({ namespace, rules: rulesOf(own) }))
  const alike = [
    ...Map.groupBy(scopes, ({ rules }) => JSON.stringify(rules.map(({ rule }) => rule))).values(),
  ]
  const wide = byNamespace.find(([namespace]) => namespace === '')?.[1]
  let shared = 0
  return [
    ...(wide === undefined ? [] : make.clusterWide(name, rulesOf(wide))),
    ...alike.flatMap((group) => {
      const [first] = group
      if (first === undefined) return []
      if (group.length === 1) return make.inNamespace(name, first.namespace, first.rules)
      shared += 1
      const sharedName = `${name}:shared${shared === 1 ? '' : `-${shared}`}`
      return make.shared(sharedName, name, group)
    }),
  ]
}

/** By kind, for the judge. */
export function rbacObjectsOf(suggested: readonly SuggestedObject[]): RbacObjects {
  const objects = suggested.map(({ object }) => object)
  return {
    roles: objects.filter((object) => object.kind === 'Role'),
    clusterRoles: objects.filter((object) => object.kind === 'ClusterRole'),
    roleBindings: objects.filter((object) => object.kind === 'RoleBinding'),
    clusterRoleBindings: objects.filter((object) => object.kind === 'ClusterRoleBinding'),
  }
}

interface Scope {
  readonly namespace: string
  readonly rules: readonly SuggestedRule[]
}

function makerOf(subject: SuggestSubject, { labels: more }: SuggestOptions) {
  const labels = Object.fromEntries(
    Object.entries({ 'app.kubernetes.io/managed-by': 'kubewitness', ...more }).filter(
      ([, value]) => value !== '',
    ),
  )
  const subjects = [rbacSubject(subject)]
  const meta = (name: string) => ({ name, labels, annotations: {} })
  const reference = (kind: 'Role' | 'ClusterRole', name: string) => ({
    apiGroup: rbacApiGroup,
    kind,
    name,
  })
  const plain = (rules: readonly SuggestedRule[]) => rules.map(({ rule }) => rule)
  const clusterRole = (name: string, rules: readonly SuggestedRule[]): SuggestedObject => {
    const object: ClusterRole = { kind: 'ClusterRole', ...meta(name), rules: plain(rules) }
    return { object, rules }
  }
  const roleBinding = (name: string, namespace: string, roleRef: RoleBinding['roleRef']) => {
    const object: RoleBinding = { kind: 'RoleBinding', ...meta(name), namespace, roleRef, subjects }
    return { object, rules: [] }
  }
  return {
    clusterWide: (name: string, rules: readonly SuggestedRule[]): SuggestedObject[] => {
      const roleRef = reference('ClusterRole', name)
      const binding: ClusterRoleBinding = {
        kind: 'ClusterRoleBinding',
        ...meta(name),
        roleRef,
        subjects,
      }
      return [clusterRole(name, rules), { object: binding, rules: [] }]
    },
    inNamespace: (
      name: string,
      namespace: string,
      rules: readonly SuggestedRule[],
    ): SuggestedObject[] => {
      const role: Role = { kind: 'Role', ...meta(name), namespace, rules: plain(rules) }
      return [{ object: role, rules }, roleBinding(name, namespace, reference('Role', name))]
    },
    shared: (sharedName: string, name: string, scopes: readonly Scope[]): SuggestedObject[] => [
      clusterRole(sharedName, mergedEvidence(scopes)),
      ...scopes.map(({ namespace }) =>
        roleBinding(name, namespace, reference('ClusterRole', sharedName)),
      ),
    ],
  }
}

/** The rules of all scopes are the same, what they were seen by is not. */
function mergedEvidence(scopes: readonly Scope[]): SuggestedRule[] {
  return scopes[0]!.rules.map((first, at) => ({
    ...first,
    needs: scopes.flatMap(({ rules }) => rules[at]!.needs),
    evidence: scopes.flatMap(({ rules }) => rules[at]!.evidence),
    notes: [...new Set(scopes.flatMap(({ rules }) => rules[at]!.notes))].sort(),
  }))
}
