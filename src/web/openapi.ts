import { levels } from '../sigma/levels.ts'
import {
  badRequest,
  cursorParameter,
  limitParameter,
  record,
  text,
  texts,
  time,
  withOptional,
} from './openapi-parts.ts'
import { rolesPaths, rolesSchemas } from './openapi-roles.ts'
import { silencedSchema, silencesPaths, silencesSchemas } from './openapi-silences.ts'

function page(items: string, schema: string) {
  return {
    description: 'Newest first. `next` is null at the end; a page may be empty and still have one.',
    content: {
      'application/json': {
        schema: {
          type: 'object',
          required: [items, 'next'],
          properties: {
            [items]: { type: 'array', items: { $ref: `#/components/schemas/${schema}` } },
            next: { type: ['string', 'null'] },
          },
        },
      },
    },
  }
}

/** OpenAPI 3.1 description of what the admin listener serves under /api/v1. */
export function openApiDocument(version: string): object {
  return {
    openapi: '3.1.0',
    info: { title: 'Kubewitness', version },
    paths: {
      '/api/v1/alerts': {
        get: {
          summary: 'Alerts, each once in its newest revision',
          parameters: [
            limitParameter,
            cursorParameter,
            {
              name: 'level',
              in: 'query',
              description: 'Exactly these levels, with commas between them: `high,critical`.',
              schema: text,
            },
            { name: 'rule', in: 'query', description: 'Id or name of a rule.', schema: text },
            { name: 'actor', in: 'query', description: 'The authenticated user.', schema: text },
          ],
          responses: { 200: page('alerts', 'Alert'), 400: badRequest },
        },
      },
      '/api/v1/alerts/{id}': {
        get: {
          summary: 'An alert in its newest revision, and all of its revisions, the first one first',
          parameters: [{ name: 'id', in: 'path', required: true, schema: text }],
          responses: {
            200: {
              description: 'The alert. Revisions that retention has taken are missing.',
              content: {
                'application/json': { schema: { $ref: '#/components/schemas/AlertHistory' } },
              },
            },
            404: { ...badRequest, description: 'There is no alert of this id.' },
          },
        },
      },
      '/api/v1/coverage': {
        get: {
          summary:
            'What a sample of the events shows of the audit policies, and the rules that they blind',
          responses: { 200: page('coverage', 'Coverage') },
        },
      },
      '/api/v1/rejected': {
        get: {
          summary: 'What could not be decoded and was kept aside',
          parameters: [limitParameter, cursorParameter],
          responses: { 200: page('rejected', 'RejectedItem'), 400: badRequest },
        },
      },
      ...rolesPaths,
      ...silencesPaths,
    },
    components: {
      securitySchemes: { adminToken: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Alert: alertSchema,
        AlertHistory: historySchema,
        Coverage: coverageSchema,
        RejectedItem: rejectedSchema,
        ...rolesSchemas,
        ...silencesSchemas,
        Error: errorSchema,
      },
    },
  }
}

const level = { enum: levels }

const storyStepSchema = record({
  alert: text,
  rule: record({ id: text, name: text, level }),
  tactic: text,
  techniques: texts,
  firstSeen: time,
  summary: text,
})

const targetSchema = {
  type: 'object',
  properties: { apiGroup: text, resource: text, subresource: text, namespace: text, name: text },
}

const alertSchema = withOptional(
  {
    openedAt: time,
    targets: { type: 'array', items: targetSchema },
    peerIps: texts,
    requestsOmitted: { type: 'integer', minimum: 1 },
    isCut: { const: true },
    previousLevel: level,
    closedBecause: { enum: ['quiet', 'duration', 'evicted', 'end', 'over'] },
    kind: { const: 'story' },
    silenced: silencedSchema,
    story: { type: 'array', items: storyStepSchema },
  },
  {
    schema: { const: 'kubewitness.alert/v1' },
    id: text,
    revision: { type: 'integer', minimum: 1 },
    status: { enum: ['open', 'updated', 'closed'] },
    rule: record({
      id: text,
      name: text,
      title: text,
      level,
      tags: texts,
    }),
    cluster: text,
    actor: text,
    effectiveUser: text,
    peerIp: text,
    userAgent: text,
    target: targetSchema,
    firstSeen: time,
    lastSeen: time,
    count: { type: 'integer', minimum: 1 },
    events: { type: 'array', items: record({ id: text, auditID: text, stage: text }) },
    group: { type: 'object', additionalProperties: text },
    summary: text,
    why: { type: 'array', items: record({ selection: text, field: text, value: text }) },
  },
)

const alertReference = { $ref: '#/components/schemas/Alert' }
const historySchema = record({
  alert: alertReference,
  revisions: { type: 'array', items: alertReference },
})

const rejectedSchema = record({
  schema: { const: 'kubewitness.rejected/v1' },
  id: text,
  cluster: text,
  receivedAt: time,
  reason: text,
  message: text,
  offset: { type: 'integer', minimum: 0 },
  bytes: { type: 'integer', minimum: 0 },
  sha256: text,
  excerpt: text,
})

const coverageSchema = record({
  cluster: text,
  sampled: { type: 'integer', minimum: 0 },
  levels: texts,
  stages: texts,
  resources: texts,
  blind: { type: 'array', items: record({ rule: text, id: text, because: text }) },
})

const errorSchema = record({ error: record({ code: text, message: text }) })
