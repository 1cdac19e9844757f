import { type Decoded, decode } from '../audit/manifest/decode.ts'
import { describeValue, type ManifestValue } from '../audit/manifest/document.ts'
import { nearestOffset } from '../audit/manifest/lines.ts'
import { at, textOf } from '../audit/wire.ts'
import type { ReportProblem } from './codes.ts'
import {
  type ClusterRole,
  type LabelSelector,
  nameOfObject,
  type RbacKind,
  type RbacObject,
  type RbacObjectMeta,
  type RbacRule,
  type RoleRef,
  rbacApiGroup,
  type Subject,
} from './objects.ts'
import { refusals } from './refusals.ts'
import { rbacShapes } from './shapes.ts'

/** The object of a manifest; undefined, with an error told, if a type in it does not fit. */
export function decodeObject(
  kind: RbacKind,
  value: ManifestValue,
  report: ReportProblem,
): RbacObject | undefined {
  let isDecoded = true
  const offsets = new Map<string, number>()
  const name = (): string => `${kind} ${nameIn(value)}`
  const decoded = decode(value, rbacShapes[kind], '', {
    wrongType: (wrong, field, expected) => {
      isDecoded = false
      const message = `${name()}: ${field}: has to be ${expected}, not ${describeValue(wrong)}`
      report('rbac.type', message, wrong.offset)
    },
    unknown: (offset, field) =>
      report('rbac.unknownField', `${name()}: ${field}: no such field; it is dropped`, offset),
    repeated: (offset, field) =>
      report(
        'rbac.repeatedField',
        `${name()}: ${field}: was there already; the last one is taken`,
        offset,
      ),
    located: (field, offset) => offsets.set(field, offset),
  })
  if (!isDecoded) return undefined
  const object = objectOf(kind, decoded)
  for (const { field, message } of refusals(object))
    report(
      'rbac.refused',
      `${nameOfObject(object)}: ${field}: ${message}`,
      nearestOffset(field, offsets),
    )
  return object
}

/** For messages about an object that cannot be decoded. */
function nameIn(value: ManifestValue): string {
  const field = (of: ManifestValue | undefined, key: string): ManifestValue | undefined =>
    of?.kind === 'map' ? of.entries.findLast((entry) => entry.key === key)?.value : undefined
  const text = (key: string): string => {
    const found = field(field(value, 'metadata'), key)
    return found?.kind === 'text' ? found.text : ''
  }
  return `${text('namespace')}/${text('name')}`.replace(/^\//, '') || '(without a name)'
}

function objectOf(kind: RbacKind, decoded: Decoded): RbacObject {
  const metadata = at(decoded, 'metadata')
  const namespace = textOf(at(metadata, 'namespace'))
  const meta: RbacObjectMeta = {
    name: textOf(at(metadata, 'name')),
    labels: textsByKey(at(metadata, 'labels')),
    annotations: textsByKey(at(metadata, 'annotations')),
  }
  const rules = listOf(at(decoded, 'rules')).map(ruleOf)
  const bound = {
    roleRef: roleRefOf(at(decoded, 'roleRef')),
    subjects: listOf(at(decoded, 'subjects')).map(subjectOf),
  }
  switch (kind) {
    case 'Role':
      return { kind, ...meta, namespace, rules }
    case 'ClusterRole':
      return { kind, ...meta, rules, ...aggregationOf(at(decoded, 'aggregationRule')) }
    case 'RoleBinding':
      return { kind, ...meta, namespace, ...bound }
    case 'ClusterRoleBinding':
      return { kind, ...meta, ...bound }
    default:
      return kind satisfies never
  }
}

function ruleOf(rule: unknown): RbacRule {
  return {
    verbs: textsOf(at(rule, 'verbs')),
    apiGroups: textsOf(at(rule, 'apiGroups')),
    resources: textsOf(at(rule, 'resources')),
    resourceNames: textsOf(at(rule, 'resourceNames')),
    nonResourceURLs: textsOf(at(rule, 'nonResourceURLs')),
  }
}

/** Defaults as in k/k `pkg/apis/rbac/v1/defaults.go`. */
function roleRefOf(roleRef: unknown): RoleRef {
  return {
    apiGroup: textOf(at(roleRef, 'apiGroup')) || rbacApiGroup,
    kind: textOf(at(roleRef, 'kind')),
    name: textOf(at(roleRef, 'name')),
  }
}

function subjectOf(subject: unknown): Subject {
  const kind = textOf(at(subject, 'kind'))
  const fallback = kind === 'User' || kind === 'Group' ? rbacApiGroup : ''
  return {
    kind,
    apiGroup: textOf(at(subject, 'apiGroup')) || fallback,
    name: textOf(at(subject, 'name')),
    namespace: textOf(at(subject, 'namespace')),
  }
}

function aggregationOf(rule: unknown): Pick<ClusterRole, 'aggregationRule'> {
  if (rule === undefined) return {}
  const clusterRoleSelectors = listOf(at(rule, 'clusterRoleSelectors')).map(
    (selector): LabelSelector => ({
      matchLabels: textsByKey(at(selector, 'matchLabels')),
      matchExpressions: listOf(at(selector, 'matchExpressions')).map((expression) => ({
        key: textOf(at(expression, 'key')),
        operator: textOf(at(expression, 'operator')),
        values: textsOf(at(expression, 'values')),
      })),
    }),
  )
  return { aggregationRule: { clusterRoleSelectors } }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A null in a list of texts is an empty one. */
function textsOf(value: unknown): readonly string[] {
  return listOf(value).map(textOf)
}

function textsByKey(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(value ?? {}).map(([key, text]) => [key, textOf(text)] as const),
  )
}
