import type { Shape } from './shape.ts'

const roleRules: Shape = {
  apiGroups: 'keyword',
  nonResourceURLs: 'keyword',
  resourceNames: 'keyword',
  resources: 'keyword',
  verbs: 'keyword',
}
const subjects: Shape = {
  apiGroup: 'keyword',
  kind: 'keyword',
  name: 'keyword',
  namespace: 'keyword',
}
const roleRef: Shape = { apiGroup: 'keyword', kind: 'keyword', name: 'keyword' }

const containers: Shape = {
  image: 'text',
  securityContext: {
    allowPrivilegeEscalation: 'boolean',
    capabilities: { add: 'keyword' },
    privileged: 'boolean',
    procMount: 'keyword',
    runAsGroup: 'integer',
    runAsUser: 'integer',
  },
}

/** What of the bodies is searchable: what Elastic's rules ask for, and what belongs to it. Rules are plain objects, not nested ones, so that KQL finds them. */
const bodies = {
  requestObject: {
    roleRef,
    rules: roleRules,
    spec: {
      containers,
      hostIPC: 'boolean',
      hostNetwork: 'boolean',
      hostPID: 'boolean',
      restartPolicy: 'keyword',
      serviceAccountName: 'keyword',
      type: 'keyword',
      volumes: { hostPath: { path: 'keyword' } },
    },
    subjects,
  },
  responseObject: { roleRef, rules: roleRules, subjects },
} as const satisfies Shape

const user: Shape = { groups: 'text', uid: 'keyword', username: 'keyword' }

/** `kubernetes.audit` but for annotations and extras, whose keys others choose. Types are those of Elastic's integration. */
export const auditShape = {
  apiVersion: 'keyword',
  auditID: 'keyword',
  impersonatedUser: user,
  kind: 'keyword',
  level: 'keyword',
  objectRef: {
    apiGroup: 'keyword',
    apiVersion: 'keyword',
    name: 'keyword',
    namespace: 'keyword',
    resource: 'keyword',
    resourceVersion: 'keyword',
    subresource: 'keyword',
    uid: 'keyword',
  },
  ...bodies,
  requestReceivedTimestamp: 'date',
  requestURI: 'keyword',
  responseStatus: { code: 'integer', message: 'text', reason: 'keyword', status: 'keyword' },
  sourceIPs: 'text',
  stage: 'keyword',
  stageTimestamp: 'date',
  user,
  userAgent: 'keyword',
  verb: 'keyword',
} as const satisfies Shape

export const decisionName = 'authorization_k8s_io/decision'
export const reasonName = 'authorization_k8s_io/reason'

/** Annotations by the names of Elastic's integration, which has `_` for dots. */
export const knownAnnotations = {
  [decisionName]: 'keyword',
  [reasonName]: 'text',
} as const satisfies Shape

/** What authenticators of Kubernetes itself add to users: `authentication.kubernetes.io/…`. */
export const knownExtras = [
  'credential-id',
  'node-name',
  'node-uid',
  'pod-name',
  'pod-uid',
] as const
