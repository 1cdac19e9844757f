import type { AuditPolicyRule } from '../audit/policy/types.ts'
import { everyRequest, narrow, type RequestBox } from './request-box.ts'
import { exact, exactly, prefix, type TextSet } from './text-set.ts'

/** The requests that a rule of an audit policy matches by itself (apiserver `pkg/audit/policy/checker.go`). */
export function boxesOfAuditRule(rule: AuditPolicyRule): readonly RequestBox[] {
  const isAboutResources = !isEmpty(rule.namespaces) || !isEmpty(rule.resources)
  const isAboutPaths = !isAboutResources && !isEmpty(rule.nonResourceURLs)
  const needsUser = !isEmpty(rule.users) || !isEmpty(rule.userGroups)
  const resourceKinds = isAboutResources ? [true] : isAboutPaths ? [false] : [true, false]
  return (needsUser ? [true] : [true, false])
    .flatMap((isAuthenticated) =>
      resourceKinds.map((isResource) => everyRequest(isAuthenticated, isResource)),
    )
    .map((kind) => ofUsersAndVerbs(kind, rule))
    .flatMap((box) => (box.isResource ? ofResources(box, rule) : [ofPaths(box, rule)]))
}

function isEmpty(list: readonly unknown[]): boolean {
  return list.length === 0
}

function ofUsersAndVerbs(
  kind: RequestBox,
  { users, userGroups, verbs }: AuditPolicyRule,
): RequestBox {
  const box = isEmpty(userGroups) ? kind : { ...kind, oneOfGroups: [userGroups] }
  return limited(limited(box, 'user', users), 'verb', verbs)
}

function limited(
  box: RequestBox,
  trait: 'user' | 'verb' | 'namespace' | 'name',
  texts: readonly string[],
): RequestBox {
  return isEmpty(texts) ? box : narrow(box, trait, exactly(...texts))
}

function ofResources(box: RequestBox, rule: AuditPolicyRule): readonly RequestBox[] {
  const inNamespace = limited(box, 'namespace', rule.namespaces)
  if (isEmpty(rule.resources)) return [inNamespace]
  return rule.resources.flatMap(({ group, resources, resourceNames }) => {
    const inGroup = group === '*' ? inNamespace : narrow(inNamespace, 'apiGroup', exactly(group))
    if (isEmpty(resources)) return [inGroup]
    const named = limited(inGroup, 'name', resourceNames)
    return resources
      .filter((resource) => !resource.endsWith('/'))
      .map((resource) => ofResource(named, resource))
  })
}

/** `*`, any resource with `/sub`, `pods/*` (which is plain pods, too), `pods/log` and `pods`; `pods/` is nothing. */
function ofResource(box: RequestBox, text: string): RequestBox {
  if (text === '*') return box
  const [resource = '', subresource = ''] = text.split(/\/(.*)/s)
  if (resource === '*') return narrow(box, 'subresource', exactly(subresource))
  const ofIt = narrow(box, 'resource', exactly(resource))
  return subresource === '*' ? ofIt : narrow(ofIt, 'subresource', exactly(subresource))
}

function ofPaths(box: RequestBox, { nonResourceURLs }: AuditPolicyRule): RequestBox {
  if (isEmpty(nonResourceURLs)) return box
  const paths: TextSet = {
    include: nonResourceURLs.map((url) =>
      url.endsWith('*') ? prefix(url.slice(0, -1)) : exact(url),
    ),
    exclude: [],
  }
  return narrow(box, 'path', paths)
}
