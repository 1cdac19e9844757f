import { textKey } from '../../util/text-key.ts'
import { type RbacObject, type RbacRule, rbacApiGroup } from '../objects.ts'
import { ruleAllows } from '../rule-allows.ts'
import { rbacSubject, subjectOfUser } from '../suggest/subject.ts'
import type { AuditedRequest } from './attributes.ts'
import { compactRules } from './compact.ts'

export interface CompatOptions {
  readonly user: string
  /** The same operation in a second namespace is granted in all of them. */
  readonly expandMultiNamespace: boolean
  /** The same operation on a second name is granted on any. */
  readonly expandMultiName: boolean
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** What one verb brings with it. */
const broughtVerbs: Readonly<Record<string, readonly string[]>> = {
  watch: ['get', 'list'],
  list: ['get', 'watch'],
  update: ['get', 'patch'],
  patch: ['get', 'update'],
}

const discoveryRule: RbacRule = {
  verbs: ['get'],
  apiGroups: [],
  resources: [],
  resourceNames: [],
  nonResourceURLs: ['/healthz', '/version', '/swagger*', '/openapi*', '/api*'],
}
const discoveryGroups = ['system:authenticated', 'system:unauthenticated']

/**
 * The roles that audit2rbac 0.10 makes of the requests, which have to be sorted: one ClusterRole, and one Role for each namespace. It grants what
 * was refused, too, and more than was asked for.
 */
export function generateCompatible(
  requests: readonly AuditedRequest[],
  options: CompatOptions,
): RbacObject[] {
  const rules = new Map<string, RbacRule[]>()
  const alike = Map.groupBy(
    requests.filter(({ isResource }) => isResource),
    (request) => alikeKey(request, options),
  )
  for (const request of requests) {
    if (isDiscovery(request) || isGenerated(request, rules)) continue
    const widened = widen(request, alike.get(alikeKey(request, options)) ?? [], options)
    const scope = widened.isResource ? widened.namespace : ''
    rules.set(scope, [...(rules.get(scope) ?? []), ruleOf(widened)])
  }
  return objectsOf(rules, options)
}

function isDiscovery(request: AuditedRequest): boolean {
  return (
    request.groups.some((group) => discoveryGroups.includes(group)) &&
    ruleAllows(discoveryRule, request)
  )
}

/** Cluster-wide rules hold in every namespace. */
function isGenerated(
  request: AuditedRequest,
  rules: ReadonlyMap<string, readonly RbacRule[]>,
): boolean {
  const scopes = request.namespace === '' ? [''] : ['', request.namespace]
  return scopes.some((scope) => rules.get(scope)?.some((rule) => ruleAllows(rule, request)))
}

/** What requests have in common that may be made one. */
function alikeKey(
  request: AuditedRequest,
  { expandMultiNamespace, expandMultiName }: CompatOptions,
): string {
  const { verb, apiGroup, apiVersion, resource, subresource, namespace, name, groups } = request
  return textKey([
    verb,
    apiGroup,
    apiVersion,
    resource,
    subresource,
    expandMultiNamespace ? '' : namespace,
    expandMultiName ? '' : name,
    ...groups,
  ])
}

function widen(
  request: AuditedRequest,
  alike: readonly AuditedRequest[],
  { expandMultiNamespace, expandMultiName }: CompatOptions,
): AuditedRequest {
  const { namespace, name } = request
  const mayWiden = (namespace !== '' && expandMultiNamespace) || (name !== '' && expandMultiName)
  if (!request.isResource || !mayWiden) return request
  const isElsewhere = alike.some((other) => other.namespace !== '' && other.namespace !== namespace)
  const isOtherName = alike.some((other) => other.name !== '' && other.name !== name)
  return {
    ...request,
    namespace: expandMultiNamespace && isElsewhere ? '' : namespace,
    name: expandMultiName && isOtherName ? '' : name,
  }
}

function ruleOf(request: AuditedRequest): RbacRule {
  const { isResource, verb, apiGroup, resource, subresource, name, path } = request
  const none = { apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: [] }
  if (!isResource) return { ...none, verbs: [verb], nonResourceURLs: [path] }
  const brought = Object.hasOwn(broughtVerbs, verb) ? broughtVerbs[verb] : undefined
  return {
    ...none,
    verbs: [verb, ...(brought ?? [])],
    apiGroups: [apiGroup],
    resources: [subresource === '' ? resource : `${resource}/${subresource}`],
    resourceNames: name === '' ? [] : [name],
  }
}

/** Roles, then ClusterRoles, then their bindings, in its order. */
function objectsOf(
  rules: ReadonlyMap<string, readonly RbacRule[]>,
  { user, name, labels, annotations }: CompatOptions,
): RbacObject[] {
  const meta = { name, labels, annotations }
  const subjects = [rbacSubject(subjectOfUser(user))]
  const roleRef = (kind: 'Role' | 'ClusterRole') => ({ apiGroup: rbacApiGroup, kind, name })
  const namespaces = [...rules.keys()].filter((scope) => scope !== '')
  const wide = rules.get('')
  return [
    ...namespaces.map(
      (namespace): RbacObject => ({
        kind: 'Role',
        ...meta,
        namespace,
        rules: compactRules(rules.get(namespace) ?? []),
      }),
    ),
    ...(wide === undefined
      ? []
      : [{ kind: 'ClusterRole', ...meta, rules: compactRules(wide) } as const]),
    ...namespaces.map(
      (namespace): RbacObject => ({
        kind: 'RoleBinding',
        ...meta,
        namespace,
        roleRef: roleRef('Role'),
        subjects,
      }),
    ),
    ...(wide === undefined
      ? []
      : [
          {
            kind: 'ClusterRoleBinding',
            ...meta,
            roleRef: roleRef('ClusterRole'),
            subjects,
          } as const,
        ]),
  ]
}
