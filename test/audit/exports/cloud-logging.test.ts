import { describe, expect, it } from 'vitest'
import { eventOfLogEntry, isLogEntry } from '../../../src/audit/exports/cloud-logging.ts'
import { resourcePathOf } from '../../../src/audit/exports/resource-path.ts'

const entry = {
  insertId: 'insert-1',
  labels: { 'authorization.k8s.io/decision': 'allow', 'command.gke.io/command': 'sh -c id' },
  logName: 'projects/shop/logs/cloudaudit.googleapis.com%2Factivity',
  operation: {
    first: true,
    id: '6c1a3e0e-0000-4000-8000-000000000001',
    last: true,
    producer: 'k8s.io',
  },
  protoPayload: {
    '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
    authenticationInfo: { principalEmail: 'alice@example.com' },
    authorizationInfo: [{ granted: true, permission: 'io.k8s.core.v1.pods.exec.create' }],
    methodName: 'io.k8s.core.v1.pods.exec.create',
    requestMetadata: { callerIp: '192.0.2.7', callerSuppliedUserAgent: 'kubectl/v1.36.0' },
    resourceName: 'core/v1/namespaces/shop/pods/web-0/exec',
    serviceName: 'k8s.io',
  },
  resource: { type: 'k8s_cluster', labels: { cluster_name: 'shop' } },
  timestamp: '2026-01-01T00:00:00.123456Z',
}

describe('a LogEntry of GKE', () => {
  it('becomes the event that it was, as far as it says so, and names the rest', () => {
    expect(isLogEntry(entry)).toBe(true)
    expect(JSON.parse(JSON.stringify(eventOfLogEntry(entry)))).toEqual({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: '6c1a3e0e-0000-4000-8000-000000000001',
      stage: 'ResponseComplete',
      requestURI: '/api/v1/namespaces/shop/pods/web-0/exec',
      verb: 'create',
      user: { username: 'alice@example.com' },
      sourceIPs: ['192.0.2.7'],
      userAgent: 'kubectl/v1.36.0',
      objectRef: {
        apiVersion: 'v1',
        namespace: 'shop',
        resource: 'pods',
        name: 'web-0',
        subresource: 'exec',
      },
      responseStatus: { code: 200 },
      stageTimestamp: '2026-01-01T00:00:00.123456Z',
      annotations: {
        'authorization.k8s.io/decision': 'allow',
        'command.gke.io/command': 'sh -c id',
        'kubewitness/converted-from': 'gke',
        'kubewitness/inferred': 'stage,requestURI,responseStatus.code',
        'kubewitness/missing':
          'impersonatedUser,requestReceivedTimestamp,requestURI query,user.extra,user.groups,user.uid',
      },
    })
  })

  it('keeps the bodies without the type that was added, and says by them what the audit level was', () => {
    const { protoPayload } = entry
    const request = { '@type': 'rbac.authorization.k8s.io/v1.ClusterRole', rules: [] }
    expect(eventOfLogEntry({ ...entry, protoPayload: { ...protoPayload, request } })).toMatchObject(
      {
        level: 'Request',
        requestObject: { rules: [] },
      },
    )
    const both = { ...protoPayload, request, response: { kind: 'Status' } }
    expect(eventOfLogEntry({ ...entry, protoPayload: both })).toMatchObject({
      level: 'RequestResponse',
      requestObject: { rules: [] },
      responseObject: { kind: 'Status' },
    })
  })

  it('has the HTTP status of its error', () => {
    const protoPayload = { ...entry.protoPayload, status: { code: 7, message: 'Forbidden' } }
    expect(eventOfLogEntry({ ...entry, protoPayload })).toMatchObject({
      responseStatus: { code: 403, message: 'Forbidden' },
      annotations: { 'kubewitness/inferred': 'stage,requestURI,responseStatus' },
    })
  })

  it('is no event when it is of another service', () => {
    const protoPayload = { ...entry.protoPayload, serviceName: 'container.googleapis.com' }
    expect(eventOfLogEntry({ ...entry, protoPayload })).toBeUndefined()
  })
})

describe('the name of a resource in GKE', () => {
  it.each([
    [
      'rbac.authorization.k8s.io/v1/clusterrolebindings/admin',
      {
        apiGroup: 'rbac.authorization.k8s.io',
        apiVersion: 'v1',
        resource: 'clusterrolebindings',
        name: 'admin',
        requestUri: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/admin',
      },
    ],
    [
      'core/v1/namespaces/shop/secrets',
      {
        apiVersion: 'v1',
        namespace: 'shop',
        resource: 'secrets',
        requestUri: '/api/v1/namespaces/shop/secrets',
      },
    ],
    [
      'core/v1/namespaces/shop/finalize',
      {
        apiVersion: 'v1',
        namespace: 'shop',
        resource: 'namespaces',
        name: 'shop',
        subresource: 'finalize',
        requestUri: '/api/v1/namespaces/shop/finalize',
      },
    ],
    [
      'core/v1/nodes/n-1/proxy/pods',
      {
        apiVersion: 'v1',
        resource: 'nodes',
        name: 'n-1',
        subresource: 'proxy',
        requestUri: '/api/v1/nodes/n-1/proxy/pods',
      },
    ],
    ['healthz', undefined],
    ['core/v1', undefined],
    ['', undefined],
  ])('%s', (name, path) => expect(resourcePathOf(name)).toEqual(path))
})
