import { type AuditItem, type PlantedKind, stringifyAsGo } from './bodies.ts'

/** What differs between the kinds; the rest of the event is the same. */
interface Request {
  readonly stage?: string
  readonly verb: string
  readonly requestURI: string
  readonly objectRef: Readonly<Record<string, string>>
  readonly code: number
  readonly isAnonymous?: boolean
}

/**
 * An event that a rule has to find, shaped after the recorded attacks. Actor (but for anonymous), target and, for
 * anonymous, peer address come from the audit id, so that no grouping joins two of them.
 */
export function plantedEvent(
  kind: PlantedKind,
  auditID: string,
  receivedAt: string,
  stageAt: string,
): AuditItem {
  const unique = auditID.slice(0, 8)
  const request = requests[kind](unique)
  const stage = request.stage ?? 'ResponseComplete'
  const actor = `mallory-${unique}@example.com`
  const user = request.isAnonymous
    ? { username: 'system:anonymous', groups: ['system:unauthenticated'] }
    : { username: actor, groups: ['example:developers', 'system:authenticated'] }
  const text = stringifyAsGo({
    level: 'Metadata',
    auditID,
    stage,
    requestURI: request.requestURI,
    verb: request.verb,
    user,
    sourceIPs: [`2001:db8::${unique.slice(0, 4)}:${unique.slice(4)}`],
    userAgent: request.isAnonymous
      ? 'curl/8.9.1'
      : 'kubectl/v1.36.3 (linux/amd64) kubernetes/36a1d5c',
    objectRef: request.objectRef,
    responseStatus: { metadata: {}, code: request.code },
    requestReceivedTimestamp: receivedAt,
    stageTimestamp: stageAt,
    annotations: {
      'authorization.k8s.io/decision': 'allow',
      'authorization.k8s.io/reason': `RBAC: allowed by ClusterRoleBinding "planted" of ClusterRole "planted" to User "${user.username}"`,
    },
  })
  return { auditID, stage, text }
}

const requests: Readonly<Record<PlantedKind, (unique: string) => Request>> = {
  exec: (unique) => ({
    stage: 'ResponseStarted',
    verb: 'get',
    requestURI: `/api/v1/namespaces/shop/pods/web-${unique}/exec?command=sh&container=web&stdin=true&stdout=true&tty=true`,
    objectRef: {
      resource: 'pods',
      namespace: 'shop',
      name: `web-${unique}`,
      apiVersion: 'v1',
      subresource: 'exec',
    },
    code: 101,
  }),
  anonymous: (unique) => ({
    verb: 'list',
    requestURI: `/api/v1/namespaces/team-${unique}/pods`,
    objectRef: { resource: 'pods', namespace: `team-${unique}`, apiVersion: 'v1' },
    code: 200,
    isAnonymous: true,
  }),
  secretList: () => ({
    verb: 'list',
    requestURI: '/api/v1/secrets?limit=500',
    objectRef: { resource: 'secrets', apiVersion: 'v1' },
    code: 200,
  }),
  clusterRoleBinding: (unique) => ({
    verb: 'create',
    requestURI:
      '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings?fieldManager=kubectl-create&fieldValidation=Strict',
    objectRef: {
      resource: 'clusterrolebindings',
      name: `backdoor-${unique}`,
      apiGroup: 'rbac.authorization.k8s.io',
      apiVersion: 'v1',
    },
    code: 201,
  }),
  tokenRequest: (unique) => ({
    verb: 'create',
    requestURI: `/api/v1/namespaces/argocd/serviceaccounts/controller-${unique}/token`,
    objectRef: {
      resource: 'serviceaccounts',
      namespace: 'argocd',
      name: `controller-${unique}`,
      apiVersion: 'v1',
      subresource: 'token',
    },
    code: 201,
  }),
}
