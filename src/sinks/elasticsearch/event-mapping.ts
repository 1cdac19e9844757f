import { auditShape, knownAnnotations, knownExtras } from './event-shape.ts'
import { keyword, mappingOf, type Shape } from './shape.ts'

const ip = { type: 'ip' } as const
/** One field whatever the keys; beyond the length a value is stored, but not searchable. */
const flattened = { type: 'flattened', ignore_above: 8191 } as const

const extras = mappingOf({
  authentication: {
    kubernetes: Object.fromEntries(knownExtras.map((name) => [`io/${name}`, 'keyword' as const])),
  },
} satisfies Shape)

const audit = mappingOf({ ...auditShape, annotations: knownAnnotations }).properties

function userWithExtra(key: 'user' | 'impersonatedUser'): object {
  return { properties: { ...mappingOf(auditShape[key]).properties, extra: extras } }
}

/**
 * Mapping of archived events: the fields of Elastic's Kubernetes integration. Nothing is mapped dynamically, so no
 * content of an event can make it grow.
 */
export const eventMapping = {
  dynamic: false,
  properties: {
    '@timestamp': { type: 'date' },
    client: { properties: { ip } },
    data_stream: {
      properties: { dataset: keyword, namespace: keyword, type: keyword },
    },
    ecs: { properties: { version: keyword } },
    event: {
      properties: {
        action: keyword,
        dataset: keyword,
        id: keyword,
        ingested: { type: 'date' },
        kind: keyword,
        module: keyword,
        original: { type: 'keyword', index: false, doc_values: false },
        outcome: keyword,
      },
    },
    kubernetes: {
      properties: {
        audit: {
          properties: {
            ...audit,
            user: userWithExtra('user'),
            impersonatedUser: userWithExtra('impersonatedUser'),
          },
        },
      },
    },
    kubewitness: {
      properties: {
        annotations: flattened,
        impersonatedUser: { properties: { extra: flattened } },
        object: { properties: { labels: flattened } },
        user: { properties: { extra: flattened } },
      },
    },
    orchestrator: {
      properties: {
        api_version: keyword,
        cluster: { properties: { name: keyword } },
        namespace: keyword,
        resource: { properties: { name: keyword, type: keyword } },
        type: keyword,
      },
    },
    related: { properties: { ip, user: keyword } },
    source: { properties: { ip } },
    tags: keyword,
    user: { properties: { id: keyword, name: keyword } },
    user_agent: { properties: { original: keyword } },
  },
} as const
