import { keyword } from './shape.ts'

const date = { type: 'date' } as const
const long = { type: 'long' } as const
const boolean = { type: 'boolean' } as const
const target = {
  properties: {
    apiGroup: keyword,
    name: keyword,
    namespace: keyword,
    resource: keyword,
    subresource: keyword,
  },
} as const
const ip = { type: 'ip' } as const

/**
 * Mapping of the alert documents: field types of the Elastic Common Schema. Nothing is mapped dynamically, so no
 * content of an event can change the mapping or be refused by it.
 */
export const alertMapping = {
  dynamic: false,
  properties: {
    '@timestamp': date,
    message: { type: 'text' },
    tags: keyword,
    ecs: { properties: { version: keyword } },
    event: {
      properties: {
        category: keyword,
        dataset: keyword,
        end: date,
        id: keyword,
        ingested: date,
        kind: keyword,
        module: keyword,
        risk_score: { type: 'float' },
        severity: long,
        start: date,
        type: keyword,
      },
    },
    rule: {
      properties: { description: keyword, id: keyword, name: keyword, uuid: keyword },
    },
    threat: {
      properties: {
        framework: keyword,
        tactic: { properties: { name: keyword } },
        technique: { properties: { id: keyword, subtechnique: { properties: { id: keyword } } } },
      },
    },
    user: { properties: { name: keyword, effective: { properties: { name: keyword } } } },
    user_agent: { properties: { original: keyword } },
    source: { properties: { ip } },
    client: { properties: { ip } },
    related: { properties: { ip, user: keyword } },
    orchestrator: {
      properties: {
        cluster: { properties: { name: keyword } },
        namespace: keyword,
        resource: { properties: { name: keyword, type: keyword } },
        type: keyword,
      },
    },
    kubewitness: {
      properties: {
        alert: {
          properties: {
            actor: keyword,
            closedBecause: keyword,
            cluster: keyword,
            count: long,
            effectiveUser: keyword,
            events: { properties: { id: keyword, auditID: keyword, stage: keyword } },
            firstSeen: date,
            group: { type: 'flattened', ignore_above: 8191 },
            id: keyword,
            isCut: boolean,
            kind: keyword,
            lastSeen: date,
            openedAt: date,
            peerIp: keyword,
            peerIps: keyword,
            previousLevel: keyword,
            requestsOmitted: long,
            revision: long,
            rule: { properties: { level: keyword, title: keyword } },
            schema: keyword,
            status: keyword,
            story: {
              properties: {
                alert: keyword,
                firstSeen: date,
                rule: { properties: { id: keyword, level: keyword, name: keyword } },
                summary: keyword,
                tactic: keyword,
                techniques: keyword,
              },
            },
            target,
            targets: target,
            userAgent: keyword,
            why: { properties: { field: keyword, selection: keyword, value: keyword } },
          },
        },
      },
    },
  },
} as const
