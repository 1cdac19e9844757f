import { loadRbac } from '../../../src/rbac/load.ts'
import type { RbacObjects } from '../../../src/rbac/objects.ts'
import type { Observation } from '../../../src/rbac/observe/observation.ts'
import { type SuggestSubject, subjectOfUser } from '../../../src/rbac/suggest/subject.ts'
import { type ClusterUse, createClusterUse } from '../../../src/rbac/usage/cluster-use.ts'
import { diffSubject, type SubjectDiff } from '../../../src/rbac/usage/diff.ts'
import { observed, type SaidEvent } from '../observe/events.ts'

export function objectsOf(...manifests: readonly string[]): RbacObjects {
  const header = 'apiVersion: rbac.authorization.k8s.io/v1'
  const text = manifests.map((manifest) => `${header}\n${manifest}\n`).join('---\n')
  const { objects, problems } = loadRbac([{ path: 'rbac.yaml', text }])
  const error = problems.find(({ severity }) => severity === 'error')
  if (error !== undefined) throw new Error(error.message)
  return objects
}

/** A ClusterRole `r` with these rules, bound cluster-wide to these subjects. */
export function clusterWide(
  rules: string,
  subjects = '{kind: User, name: alice}',
  name = 'r',
): string[] {
  return [
    `kind: ClusterRole\nmetadata: {name: ${name}}\nrules: [${rules}]`,
    `kind: ClusterRoleBinding\nmetadata: {name: ${name}}\nroleRef: {kind: ClusterRole, name: ${name}}\nsubjects: [${subjects}]`,
  ]
}

/** A Role `r` with these rules, bound in its namespace. */
export function inNamespace(
  namespace: string,
  rules: string,
  subjects = '{kind: User, name: alice}',
): string[] {
  return [
    `kind: Role\nmetadata: {name: r, namespace: ${namespace}}\nrules: [${rules}]`,
    `kind: RoleBinding\nmetadata: {name: r, namespace: ${namespace}}\nroleRef: {kind: Role, name: r}\nsubjects: [${subjects}]`,
  ]
}

export function clusterUseOf(objects: RbacObjects, observation: Observation): ClusterUse {
  return createClusterUse({
    objects,
    profiles: observation.profiles(),
    window: observation.windows()[0],
    isCut: observation.isCut,
    kubernetesVersion: '1.36',
  })
}

export function diffOf(
  manifests: readonly string[],
  events: readonly SaidEvent[],
  subject: SuggestSubject = subjectOfUser('alice'),
): SubjectDiff {
  return diffSubject(subject, clusterUseOf(objectsOf(...manifests), observed(...events)))
}
