import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toAuditEvent } from '../../../src/audit/event.ts'
import type { WireObject } from '../../../src/audit/wire.ts'
import { eventDocument } from '../../../src/sinks/elasticsearch/event-document.ts'
import { eventMapping } from '../../../src/sinks/elasticsearch/event-mapping.ts'
import { auditShape } from '../../../src/sinks/elasticsearch/event-shape.ts'
import type { Shape } from '../../../src/sinks/elasticsearch/shape.ts'
import { hostileEvent } from '../../support/hostile.ts'
import { mappedFields } from '../../support/mapped-fields.ts'

/** What Elastic's 45 rules for Kubernetes ask of the stream. */
const askedByRules = `
data_stream.dataset data_stream.namespace event.action event.dataset event.ingested event.original event.outcome source.ip user.name user_agent.original
kubernetes.audit.annotations.authorization_k8s_io/decision kubernetes.audit.impersonatedUser.groups kubernetes.audit.impersonatedUser.username
kubernetes.audit.level kubernetes.audit.objectRef.name kubernetes.audit.objectRef.namespace kubernetes.audit.objectRef.resource kubernetes.audit.objectRef.subresource
kubernetes.audit.requestObject.roleRef.name kubernetes.audit.requestObject.rules.resources kubernetes.audit.requestObject.rules.verbs
kubernetes.audit.requestObject.spec.containers.image kubernetes.audit.requestObject.spec.containers.securityContext.capabilities.add
kubernetes.audit.requestObject.spec.containers.securityContext.privileged kubernetes.audit.requestObject.spec.hostIPC
kubernetes.audit.requestObject.spec.hostNetwork kubernetes.audit.requestObject.spec.hostPID kubernetes.audit.requestObject.spec.serviceAccountName
kubernetes.audit.requestObject.spec.type kubernetes.audit.requestObject.spec.volumes.hostPath.path kubernetes.audit.requestObject.subjects.name
kubernetes.audit.requestURI kubernetes.audit.responseObject.rules.resources kubernetes.audit.responseObject.rules.verbs kubernetes.audit.responseObject.subjects.name
kubernetes.audit.responseStatus.code kubernetes.audit.responseStatus.message kubernetes.audit.responseStatus.reason kubernetes.audit.sourceIPs kubernetes.audit.stage
kubernetes.audit.user.extra.authentication.kubernetes.io/pod-name kubernetes.audit.user.groups kubernetes.audit.user.username kubernetes.audit.userAgent kubernetes.audit.verb
`
  .trim()
  .split(/\s+/)

const context = { cluster: 'prod', receivedAtMs: Date.UTC(2026, 0, 1, 0, 0, 10) }

/** As it is sent. */
function documentOf(raw: WireObject): Record<string, unknown> {
  const document = eventDocument(toAuditEvent(raw, context), {
    namespace: 'eu',
    maxFlatTextLength: 8191,
  })
  return JSON.parse(JSON.stringify(document)) as Record<string, unknown>
}

const exec = {
  level: 'Metadata',
  auditID: '0c1c5f0e-0000-4000-8000-000000000001',
  stage: 'ResponseComplete',
  requestURI: '/api/v1/namespaces/shop/pods/web-0/exec?command=sh',
  verb: 'create',
  user: {
    username: 'system:serviceaccount:shop:web',
    uid: 'u-1',
    groups: ['system:serviceaccounts', 'system:authenticated'],
    extra: {
      'authentication.kubernetes.io/pod-name': ['web-0'],
      'authentication.kubernetes.io': ['a prefix of the other'],
      'example.com/team': ['blue'],
    },
  },
  impersonatedUser: { username: 'alice@example.com', groups: ['developers'] },
  sourceIPs: ['203.0.113.9', 'unknown', '192.0.2.7'],
  userAgent: 'kubectl/v1.36',
  objectRef: {
    resource: 'pods',
    namespace: 'shop',
    name: 'web-0',
    subresource: 'exec',
    apiVersion: 'v1',
  },
  responseStatus: { metadata: {}, code: 101 },
  requestReceivedTimestamp: '2026-01-01T00:00:00.000001Z',
  stageTimestamp: '2026-01-01T00:00:00.250001Z',
  annotations: {
    'authorization.k8s.io/decision': 'allow',
    'authorization.k8s.io/reason': 'RBAC: allowed by RoleBinding "a/b"',
    'mutation.webhook.admission.k8s.io/round_0_index_0': '{}',
  },
}

describe('the document of an event', () => {
  it('has the fields of the Kubernetes integration of Elastic', () => {
    const event = toAuditEvent(exec, context)
    const extra = { 'authentication.kubernetes.io/pod-name': ['web-0'] }
    const { responseStatus: _, ...others } = exec
    expect(documentOf(exec)).toEqual({
      '@timestamp': '2026-01-01T00:00:00.250001Z',
      ecs: { version: '8.17.0' },
      data_stream: { type: 'logs', dataset: 'kubernetes.audit_logs', namespace: 'eu' },
      event: {
        kind: 'event',
        module: 'kubernetes',
        dataset: 'kubernetes.audit_logs',
        id: event.id,
        action: 'create',
        outcome: 'success',
        ingested: '2026-01-01T00:00:10.000Z',
      },
      user: { name: 'system:serviceaccount:shop:web', id: 'u-1' },
      user_agent: { original: 'kubectl/v1.36' },
      source: { ip: '192.0.2.7' },
      client: { ip: '192.0.2.7' },
      related: {
        ip: ['203.0.113.9', '192.0.2.7'],
        user: ['u-1', 'system:serviceaccount:shop:web', 'alice@example.com'],
      },
      orchestrator: {
        type: 'kubernetes',
        api_version: 'audit.k8s.io/v1',
        cluster: { name: 'prod' },
        namespace: 'shop',
        resource: { type: 'pods', name: 'web-0' },
      },
      kubernetes: {
        audit: {
          ...others,
          user: { ...exec.user, extra },
          responseStatus: { code: 101 },
          annotations: {
            'authorization_k8s_io/decision': 'allow',
            'authorization_k8s_io/reason': 'RBAC: allowed by RoleBinding "a/b"',
          },
        },
      },
      kubewitness: {
        annotations: { 'mutation.webhook.admission.k8s.io/round_0_index_0': '{}' },
        user: { extra: exec.user.extra },
      },
    })
  })

  it('has the original of an event that is in its fields in part only', () => {
    const details = {
      ...exec,
      responseStatus: { metadata: {}, code: 403, details: { kind: 'pods' } },
    }
    expect(documentOf(details)['event']).toHaveProperty('original', JSON.stringify(details))
    const odd = { ...exec, verb: 7 }
    expect(documentOf(odd)['event']).toHaveProperty('original', JSON.stringify(odd))
    expect(documentOf({ ...exec, verb: '', requestObject: null })['event']).not.toHaveProperty(
      'original',
    )
  })

  it.each([
    [{ annotations: { 'authorization.k8s.io/decision': 'forbid' } }, 'failure'],
    [{ annotations: {}, responseStatus: { code: 404 } }, 'failure'],
    [{ annotations: {}, responseStatus: { code: 200 } }, 'success'],
    [{ annotations: {}, responseStatus: {} }, undefined],
  ])('says of %j that the outcome is %s', (changes, outcome) => {
    expect((documentOf({ ...exec, ...changes })['event'] as { outcome?: string }).outcome).toBe(
      outcome,
    )
  })

  it('takes times as Kubernetes writes them, and only those that the calendar has', () => {
    const good = [
      '2026-01-31T23:59:59Z',
      '2024-02-29T00:00:00.123456Z',
      '2000-02-29T00:00:00.123456789Z',
    ]
    const bad = [
      '2026-02-29T00:00:00Z',
      '1900-02-29T00:00:00Z',
      '2026-04-31T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-00-01T00:00:00Z',
      '2026-01-00T00:00:00Z',
      '2026-01-01T24:00:00Z',
      '2026-01-01T00:60:00Z',
      '2026-01-02T00:00:00',
      '2026-01-01T00:00:00+01:00',
      '2026-01-01T00:00:00.Z',
    ]
    const taken = [...good, ...bad].filter((stageTimestamp) =>
      JSON.stringify(documentOf({ ...exec, stageTimestamp })['kubernetes']).includes(
        stageTimestamp,
      ),
    )
    expect(taken).toEqual(good)
  })

  it('takes of bodies what is searchable, and only values of its type', () => {
    const requestObject = {
      kind: 'Pod',
      metadata: { labels: { app: 'web', '': 'x' }, annotations: { big: 'y'.repeat(100_000) } },
      spec: {
        hostPID: true,
        hostNetwork: 'yes',
        serviceAccountName: { name: 'x' },
        containers: [
          {
            image: 'a:1',
            securityContext: { privileged: true, capabilities: { add: ['NET_ADMIN'] } },
          },
          { image: 7, name: 'b' },
          'none',
        ],
        volumes: 'none',
      },
      rules: [{ verbs: ['*'], resources: ['secrets'] }],
    }
    expect(documentOf({ ...exec, requestObject })).toMatchObject({
      kubernetes: {
        audit: {
          requestObject: {
            spec: {
              hostPID: true,
              containers: [
                {
                  image: 'a:1',
                  securityContext: { privileged: true, capabilities: { add: ['NET_ADMIN'] } },
                },
              ],
            },
            rules: [{ verbs: ['*'], resources: ['secrets'] }],
          },
        },
      },
      kubewitness: { object: { labels: { app: 'web' } } },
    })
  })

  it('fits the mapping, whatever the event holds', () => {
    const fields = mappedFields(eventMapping)
    fc.assert(
      fc.property(wildEvent(), (raw) => {
        expect(misfits(documentOf(raw), fields)).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('fits the mapping when the event is hostile', () => {
    const fields = mappedFields(eventMapping)
    for (let number = 0; number < 40; number++) {
      const at = '2026-01-01T00:00:00.000000Z'
      const item = hostileEvent(exec, number, `id-${number}`, at, at)
      expect(misfits(documentOf(JSON.parse(item.text) as WireObject), fields)).toEqual([])
    }
  })
})

describe('the mapping of events', () => {
  it('has every field that the rules of Elastic for Kubernetes ask for', () => {
    const fields = mappedFields(eventMapping)
    expect(askedByRules.filter((field) => !fields.has(field))).toEqual([])
  })

  it('maps nothing by itself, and what others choose the keys of as one field', () => {
    const fields = mappedFields(eventMapping)
    expect(eventMapping.dynamic).toBe(false)
    const flattened = [...fields].filter(([, type]) => type === 'flattened').map(([field]) => field)
    expect(flattened).toEqual([
      'kubewitness.annotations',
      'kubewitness.impersonatedUser.extra',
      'kubewitness.object.labels',
      'kubewitness.user.extra',
    ])
  })
})

/** Events whose known keys hold anything at all. */
function wildEvent(): fc.Arbitrary<WireObject> {
  const wild = (shape: Shape): fc.Arbitrary<WireObject> =>
    fc.record(
      Object.fromEntries(
        Object.entries(shape).map(([key, inner]) => [
          key,
          typeof inner === 'string'
            ? fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string({ unit: 'binary' }))
            : fc.oneof(
                fc.jsonValue({ maxDepth: 1 }),
                wild(inner),
                fc.array(wild(inner), { maxLength: 2 }),
              ),
        ]),
      ),
      { requiredKeys: [] },
    )
  const extra = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 1 }))
  return fc
    .tuple(wild(auditShape), fc.record({ annotations: extra, extra }, { requiredKeys: [] }))
    .map(([event, { annotations, extra }]) => ({
      ...event,
      ...(annotations === undefined ? {} : { annotations }),
      ...(extra === undefined ? {} : { user: { username: 'x', extra } }),
    }))
}

const dates = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i
const isOfType: Readonly<Record<string, (value: unknown) => boolean>> = {
  keyword: (value) => typeof value === 'string',
  text: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isInteger(value),
  date: (value) => typeof value === 'string' && dates.test(value),
  ip: (value) => typeof value === 'string' && /^[0-9a-f.:]+$/i.test(value),
  flattened: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(
      ([key, inner]) =>
        key !== '' && !key.includes('\0') && [inner].flat().every((one) => typeof one === 'string'),
    ),
}

/** Fields of a document that the mapping does not have, or that it has as something else. */
function misfits(document: object, fields: ReadonlyMap<string, string>, prefix = ''): string[] {
  return Object.entries(document).flatMap(([key, value]) => {
    const path = `${prefix}${key}`
    const type = fields.get(path)
    return [value].flat().flatMap((one: unknown) => {
      if (type !== undefined) return isOfType[type]?.(one) === true ? [] : [`${path} is no ${type}`]
      if (typeof one !== 'object' || one === null) return [`${path} is not mapped`]
      return misfits(one, fields, `${path}.`)
    })
  })
}
