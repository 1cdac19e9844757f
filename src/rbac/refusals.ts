import {
  type ClusterRole,
  type ClusterRoleBinding,
  type RbacObject,
  type RbacRule,
  type RoleBinding,
  rbacApiGroup,
  type Subject,
} from './objects.ts'

/** Why the API server would not take an object. */
export interface Refusal {
  /** Such as `subjects[0].apiGroup`. */
  readonly field: string
  readonly message: string
}

/** What the API server's validation refuses, as far as it concerns who may do what (k/k `pkg/apis/rbac/validation`). */
export function refusals(object: RbacObject): readonly Refusal[] {
  const named = [
    ...nameRefusals(object.name, 'metadata.name'),
    ...('namespace' in object ? namespaceRefusals(object.namespace) : []),
  ]
  switch (object.kind) {
    case 'Role':
      return [...named, ...rulesRefusals(object.rules, true)]
    case 'ClusterRole':
      return [...named, ...rulesRefusals(object.rules, false), ...aggregationRefusals(object)]
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return [...named, ...bindingRefusals(object)]
    default:
      return object satisfies never
  }
}

function namespaceRefusals(namespace: string): Refusal[] {
  const field = 'metadata.namespace'
  if (namespace === '') return [{ field, message: 'is missing, so that it applies nowhere' }]
  if (namespace.length <= 63 && isSubdomain(namespace) && !namespace.includes('.')) return []
  return [{ field, message: `${JSON.stringify(namespace)} is no namespace` }]
}

/** apimachinery `api/validate/content`, `IsPathSegmentName`. */
function nameRefusals(name: string, field: string): Refusal[] {
  if (name === '') return [{ field, message: 'is missing' }]
  if (name === '.' || name === '..' || /[/%]/.test(name))
    return [{ field, message: `${JSON.stringify(name)} is no name` }]
  return []
}

function rulesRefusals(rules: readonly RbacRule[], isNamespaced: boolean): Refusal[] {
  return rules.flatMap((rule, index) => {
    const field = `rules[${index}]`
    const missing = (key: 'verbs' | 'apiGroups' | 'resources'): Refusal[] =>
      rule[key].length > 0
        ? []
        : [{ field: `${field}.${key}`, message: 'is empty, so that the rule allows nothing' }]
    if (rule.nonResourceURLs.length === 0)
      return [...missing('verbs'), ...missing('apiGroups'), ...missing('resources')]
    const isMixed = [rule.apiGroups, rule.resources, rule.resourceNames].some((list) => list.length)
    const urls = `${field}.nonResourceURLs`
    return [
      ...missing('verbs'),
      ...(isNamespaced ? [{ field: urls, message: 'only a ClusterRole can have them' }] : []),
      ...(isMixed ? [{ field: urls, message: 'cannot stand beside resources in one rule' }] : []),
    ]
  })
}

function aggregationRefusals({ aggregationRule }: ClusterRole): Refusal[] {
  return aggregationRule === undefined || aggregationRule.clusterRoleSelectors.length > 0
    ? []
    : [{ field: 'aggregationRule.clusterRoleSelectors', message: 'is empty' }]
}

function bindingRefusals({ kind, roleRef, subjects }: RoleBinding | ClusterRoleBinding): Refusal[] {
  const roleKinds = kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole']
  return [
    ...unsupported('roleRef.apiGroup', roleRef.apiGroup, [rbacApiGroup]),
    ...unsupported('roleRef.kind', roleRef.kind, roleKinds),
    ...nameRefusals(roleRef.name, 'roleRef.name'),
    ...subjects.flatMap((subject, index) =>
      subjectRefusals(subject, kind === 'RoleBinding', `subjects[${index}]`),
    ),
  ]
}

function subjectRefusals(subject: Subject, isNamespaced: boolean, field: string): Refusal[] {
  const { kind, apiGroup, name, namespace } = subject
  const isAccount = kind === 'ServiceAccount'
  const kinds = ['User', 'Group', 'ServiceAccount']
  return [
    ...(name === '' ? [{ field: `${field}.name`, message: 'is missing' }] : []),
    ...unsupported(`${field}.kind`, kind, kinds),
    ...(kinds.includes(kind)
      ? unsupported(`${field}.apiGroup`, apiGroup, [isAccount ? '' : rbacApiGroup])
      : []),
    ...(isAccount && name !== '' && !isSubdomain(name)
      ? [{ field: `${field}.name`, message: `${JSON.stringify(name)} is no service account` }]
      : []),
    ...(isAccount && !isNamespaced && namespace === ''
      ? [{ field: `${field}.namespace`, message: 'is missing, so that it is nobody' }]
      : []),
  ]
}

function unsupported(field: string, value: string, supported: readonly string[]): Refusal[] {
  if (supported.includes(value)) return []
  const known = supported.map((each) => JSON.stringify(each)).join(' or ')
  return [{ field, message: `${JSON.stringify(value)} is not supported; use ${known}` }]
}

/** RFC 1123, as names of most objects. */
function isSubdomain(name: string): boolean {
  const label = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?'
  return name.length <= 253 && new RegExp(`^${label}(?:\\.${label})*$`).test(name)
}
