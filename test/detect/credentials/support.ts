import { toAuditEvent } from '../../../src/audit/event.ts'
import type { AuditEvent } from '../../../src/contracts.ts'
import { formatTimeUs } from '../../../src/util/time.ts'

const startUs = Date.UTC(2026, 0, 1) * 1000

/** One request, in the words of the tests. */
export interface Request {
  /** Seconds from the beginning. */
  readonly at?: number
  readonly user?: string
  readonly ip?: string
  readonly agent?: string
  /** Of the user's extras, without their prefix. */
  readonly extra?: Readonly<Record<string, string>>
  readonly verb?: string
  /** `resource[/subresource] namespace/name`. */
  readonly target?: string
  readonly query?: string
  readonly code?: number
  readonly annotations?: Readonly<Record<string, string>>
  readonly body?: object
  readonly level?: string
  readonly cluster?: string
}

export function requestOf(request: Request): AuditEvent {
  const { at = 0, user, ip = '192.0.2.1', agent = 'app/1.0', extra = {}, verb = 'list' } = request
  const { target = 'pods shop/', query = '', code = 200, annotations = {}, body, level } = request
  const time = formatTimeUs(startUs + at * 1_000_000)
  const [kind = '', place = ''] = target.split(' ')
  const [resource, subresource] = kind.split('/')
  const [namespace, name] = place.split('/')
  return toAuditEvent(
    {
      stage: 'ResponseComplete',
      requestURI: `/${namespace}/${resource}/${name}${query}`,
      verb,
      user:
        user === undefined
          ? {}
          : {
              username: user,
              extra: Object.fromEntries(
                Object.entries(extra).map(([key, value]) => [
                  `authentication.kubernetes.io/${key}`,
                  [value],
                ]),
              ),
            },
      sourceIPs: ['203.0.113.99', ip],
      userAgent: agent,
      objectRef: {
        resource,
        namespace,
        ...(name !== '' && { name }),
        ...(subresource !== undefined && { subresource }),
      },
      responseStatus: { code },
      requestReceivedTimestamp: time,
      stageTimestamp: time,
      annotations,
      ...(body !== undefined && { requestObject: body }),
      ...(level !== undefined && { level }),
    },
    { cluster: request.cluster ?? 'test', receivedAtMs: 0 },
  )
}

/** The pod web-0 of the account web, on the node worker-1. */
export const webPod: Request = {
  user: 'system:serviceaccount:shop:web',
  ip: '10.1.1.5',
  agent: 'web/1.0',
  extra: {
    'credential-id': 'JTI=web-1',
    'pod-name': 'web-0',
    'pod-uid': 'uid-web-0',
    'node-name': 'worker-1',
  },
}

export function podOn(node: string, name: string): Request {
  return {
    user: `system:serviceaccount:shop:${name}`,
    agent: `${name}/1.0`,
    extra: {
      'credential-id': `JTI=${name}`,
      'pod-name': `${name}-0`,
      'pod-uid': `uid-${name}`,
      'node-name': node,
    },
  }
}

export function kubelet(node: string, ip: string): Request {
  return {
    user: `system:node:${node}`,
    ip,
    agent: 'kubelet/v1.36.3 (linux/amd64)',
    extra: { 'credential-id': `X509SHA256=${node}` },
    verb: 'update',
    target: `leases kube-node-lease/${node}`,
  }
}

/** An unbound token of the account deployer. */
export const deployer: Request = {
  user: 'system:serviceaccount:ci:deployer',
  ip: '10.1.9.9',
  agent: 'runner/2.0',
  extra: { 'credential-id': 'JTI=deployer' },
}

export const person: Request = {
  user: 'dana@example.com',
  ip: '10.60.7.60',
  agent: 'kubectl/v1.36.3 (linux/amd64)',
  extra: { 'credential-id': 'X509SHA256=dana' },
}
