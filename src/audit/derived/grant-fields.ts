import { type DerivedField, type FieldValue, presentText } from './field.ts'
import type { EventView } from './view.ts'
import { containsOne, startsWithOne } from './wire-fact.ts'

const reason = 'annotations.authorization.k8s.io/reason'
const wherePresent = [[startsWithOne(reason, 'rbac: allowed by ')]]

/** What RBAC allowed the request by: the first binding that it found, of perhaps several. */
export const grantFields: Readonly<Record<string, DerivedField>> = {
  grantBinding: {
    type: 'text',
    meaning:
      'The name of the binding that RBAC names in the annotation `authorization.k8s.io/reason`. Of an impersonated request it is a grant of the impersonated user. Absent for members of `system:masters`, and for what the node authorizer allowed.',
    wherePresent,
    read: ({ grant }) => presentText(grant?.binding.name),
  },
  grantBindingKind: {
    type: 'text',
    meaning: 'The kind of that binding.',
    values: [
      kind('ClusterRoleBinding', 'in the whole cluster'),
      kind('RoleBinding', 'in its namespace'),
    ],
    read: ({ grant }) => presentText(grant?.binding.kind),
  },
  grantNamespace: {
    type: 'text',
    meaning: 'The namespace of a RoleBinding.',
    wherePresent,
    read: ({ grant }) => presentText(grant?.binding.namespace),
  },
  grantRole: {
    type: 'text',
    meaning: 'The role that the binding gives.',
    wherePresent,
    read: ({ grant }) => presentText(grant?.role.name),
  },
  grantRoleKind: {
    type: 'text',
    meaning: 'The kind of that role.',
    values: [kind('ClusterRole', 'of the cluster'), kind('Role', 'of the namespace')],
    read: ({ grant }) => presentText(grant?.role.kind),
  },
  grantSubject: {
    type: 'text',
    meaning:
      'Whom of its subjects the binding was found for: the name of a user or group; of a service account, which is printed `name/namespace`, its user name `system:serviceaccount:<namespace>:<name>`.',
    wherePresent,
    read: (view) => presentText(subjectOf(view)),
  },
  grantSubjectKind: {
    type: 'text',
    meaning: 'The kind of that subject.',
    values: [
      kind('User', 'a user'),
      kind('Group', 'a group of the user'),
      kind('ServiceAccount', 'a service account'),
    ],
    read: ({ grant }) => presentText(grant?.subject.kind),
  },
}

function kind(value: string, meaning: string): FieldValue {
  return { value, meaning, facts: [[containsOne(reason, `${value} "`)]] }
}

function subjectOf({ grant }: EventView): string | undefined {
  if (grant === undefined) return undefined
  const { kind, name, namespace } = grant.subject
  return kind === 'ServiceAccount' ? `system:serviceaccount:${namespace}:${name}` : name
}
