import { compilePath } from '../path.ts'
import { at, textOf, type WireObject } from '../wire.ts'
import { objectsOf } from './effective-object.ts'
import { type DerivedField, presentText, presentValues } from './field.ts'
import type { EventView } from './view.ts'
import { equalsOne, isAbsentOrOne, type WireFacts } from './wire-fact.ts'

const rbacGroup = 'rbac.authorization.k8s.io'
const roles = ['roles', 'clusterroles']
const bindings = ['rolebindings', 'clusterrolebindings']

const ofRole = { auditLevel: 'Request', wherePresent: writeOf(roles) } as const
const ofBinding = { auditLevel: 'Request', wherePresent: writeOf(bindings) } as const

/** What a role or binding gives, and to whom. */
export const rbacFields: Readonly<Record<string, DerivedField>> = {
  roleRules: {
    ...ofRole,
    type: 'object',
    isList: true,
    meaning:
      'The rules of a Role or ClusterRole as effectiveObject has them, for `roleRules[any]:` under `sigma-version: 3`. What a patch brings, at level Request, is part of them.',
    read: (view) => presentValues(rulesIn(view)),
  },
  'roleRules.': {
    ...ofRole,
    type: 'any',
    isList: true,
    meaning: 'A path in each of the rules: `roleRules.verbs`.',
    bind: (path) => {
      const read = compilePath(path)
      return (view) => read(rulesIn(view))
    },
  },
  boundRole: {
    ...ofBinding,
    type: 'text',
    meaning: 'The role that a RoleBinding or ClusterRoleBinding gives.',
    read: (view) => presentText(textOf(at(roleRefOf(view), 'name'))),
  },
  boundRoleKind: {
    ...ofBinding,
    type: 'text',
    meaning: '`ClusterRole` or `Role`.',
    read: (view) => presentText(textOf(at(roleRefOf(view), 'kind'))),
  },
  bindingSubjects: {
    ...ofBinding,
    type: 'object',
    isList: true,
    meaning: 'The subjects of a binding, for `bindingSubjects[any]:` under `sigma-version: 3`.',
    read: (view) => presentValues(subjectsIn(view)),
  },
  'bindingSubjects.': {
    ...ofBinding,
    type: 'any',
    isList: true,
    meaning: 'A path in each of the subjects: `bindingSubjects.kind`.',
    bind: (path) => {
      const read = compilePath(path)
      return (view) => read(subjectsIn(view))
    },
  },
  boundUsers: {
    ...ofBinding,
    type: 'text',
    isList: true,
    meaning:
      'The users among the subjects, by the names that they authenticate with: of a service account `system:serviceaccount:<namespace>:<name>`. Compare with `actor` by `fieldref`.',
    read: (view) => presentValues(subjectsIn(view).flatMap((subject) => userOf(subject, view))),
  },
  boundGroups: {
    ...ofBinding,
    type: 'text',
    isList: true,
    meaning: 'The groups among the subjects. Compare with `user.groups` by `fieldref`.',
    read: (view) =>
      presentValues(
        subjectsIn(view)
          .filter((subject) => at(subject, 'kind') === 'Group')
          .map((subject) => textOf(at(subject, 'name'))),
      ),
  },
}

function writeOf(resources: readonly string[]): WireFacts {
  return [
    [
      equalsOne('verb', 'create', 'update', 'patch'),
      equalsOne('objectRef.apiGroup', rbacGroup),
      equalsOne('objectRef.resource', ...resources),
      isAbsentOrOne('objectRef.subresource'),
    ],
  ]
}

function objectOf(view: EventView, resources: readonly string[]): WireObject | undefined {
  const isOne =
    view.reference('apiGroup') === rbacGroup &&
    resources.includes(view.reference('resource') ?? '') &&
    view.isWholeObject
  return isOne ? view.effectiveObject?.object : undefined
}

function rulesIn(view: EventView): readonly WireObject[] {
  return objectsOf(at(objectOf(view, roles), 'rules'))
}

function subjectsIn(view: EventView): readonly WireObject[] {
  return objectsOf(at(objectOf(view, bindings), 'subjects'))
}

function roleRefOf(view: EventView): unknown {
  return at(objectOf(view, bindings), 'roleRef')
}

/** A subject without a namespace is of that of the binding (`rbac/v1` `Subject`). */
function userOf(subject: WireObject, view: EventView): readonly string[] {
  const name = textOf(at(subject, 'name'))
  switch (at(subject, 'kind')) {
    case 'User':
      return [name]
    case 'ServiceAccount': {
      const namespace = textOf(at(subject, 'namespace')) || (view.reference('namespace') ?? '')
      return [`system:serviceaccount:${namespace}:${name}`]
    }
    default:
      return []
  }
}
