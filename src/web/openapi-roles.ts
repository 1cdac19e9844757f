import { badRequest, record, text, texts, time, withOptional } from './openapi-parts.ts'

function subjectParameter(name: string, description: string) {
  return { name, in: 'query', description, schema: text }
}

const grantsResponses = {
  400: badRequest,
  404: {
    ...badRequest,
    description: '`roles.manifests` does not name the cluster, or `roles.observe` is off.',
  },
  422: { ...badRequest, description: 'The manifests of the cluster cannot be used, and why.' },
  503: { ...badRequest, description: 'What was observed is being read.' },
}

/** What is below `/api/v1/roles`. */
export const rolesPaths = {
  '/api/v1/roles/subjects': {
    get: {
      summary: 'Users and service accounts whose requests were observed',
      responses: {
        200: {
          description: 'By cluster, then by user. `isCut`: there were more than are kept.',
          content: {
            'application/json': { schema: { $ref: '#/components/schemas/RolesSubjects' } },
          },
        },
        404: { ...badRequest, description: '`roles.observe` is off.' },
        503: { ...badRequest, description: 'What was observed is being read.' },
      },
    },
  },
  '/api/v1/roles/suggest': {
    get: {
      summary: 'The least roles by which a subject can do what it did, with evidence and proof',
      description: 'Exactly one of `user`, `serviceaccount` and `group` is given.',
      parameters: [
        { ...subjectParameter('cluster', 'The name of the cluster.'), required: true },
        subjectParameter('user', 'A user name.'),
        subjectParameter('serviceaccount', 'NAMESPACE:NAME of a service account.'),
        subjectParameter('group', 'A group: what its members did.'),
        {
          name: 'format',
          in: 'query',
          description: 'Default: `yaml` if the client accepts that, else `json`.',
          schema: { enum: ['json', 'yaml'] },
        },
      ],
      responses: {
        200: {
          description: 'Manifests; as YAML they are documents for `kubectl apply`.',
          content: {
            'application/json': { schema: { $ref: '#/components/schemas/RoleSuggestion' } },
            'application/yaml': { schema: text },
          },
        },
        400: badRequest,
        404: {
          ...badRequest,
          description: 'Nothing was seen of the subject, or `roles.observe` is off.',
        },
        503: { ...badRequest, description: 'What was observed is being read.' },
      },
    },
  },
  '/api/v1/roles/diff': {
    get: {
      summary: 'What a subject holds by the manifests of its cluster, beside what it did',
      description: 'Exactly one of `user`, `serviceaccount` and `group` is given.',
      parameters: [
        { ...subjectParameter('cluster', 'The name of the cluster.'), required: true },
        subjectParameter('user', 'A user name.'),
        subjectParameter('serviceaccount', 'NAMESPACE:NAME of a service account.'),
        subjectParameter('group', 'A group: what its members did.'),
      ],
      responses: {
        200: {
          description: 'The records of `roles diff --output json`.',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/RolesDiff' } } },
        },
        ...grantsResponses,
      },
    },
  },
  '/api/v1/roles/report': {
    get: {
      summary: 'What a whole cluster grants by its manifests, beside what was done',
      parameters: [
        { ...subjectParameter('cluster', 'The name of the cluster.'), required: true },
        {
          name: 'format',
          in: 'query',
          description: 'Default: `html` if the client accepts that, else `json`.',
          schema: { enum: ['json', 'html', 'markdown'] },
        },
      ],
      responses: {
        200: {
          description: 'As JSON, the records of `roles report --output json`.',
          content: {
            'application/json': { schema: { $ref: '#/components/schemas/RolesReport' } },
            'text/html': { schema: text },
            'text/markdown': { schema: text },
          },
        },
        ...grantsResponses,
      },
    },
  },
}

/** One for each thing; `kind` says which. */
const records = {
  type: 'array',
  items: { type: 'object', required: ['kind'], properties: { kind: text } },
}

const subjectSchema = record({
  kind: { enum: ['User', 'Group', 'ServiceAccount'] },
  name: text,
  text,
})

const rolesSubjectsSchema = record({
  subjects: {
    type: 'array',
    items: withOptional(
      { firstSeen: time, lastSeen: time },
      {
        cluster: text,
        subject: subjectSchema,
        groups: texts,
        identities: texts,
        requests: { type: 'integer', minimum: 0 },
        unjudged: { type: 'integer', minimum: 0 },
        isCut: { type: 'boolean' },
      },
    ),
  },
  isCut: { type: 'boolean' },
  next: { type: 'null' },
})

/** The records of `roles suggest --output json`: the manifests, and the one that tells how sure they are. */
const roleSuggestionSchema = record({
  objects: { type: 'array', items: { type: 'object' } },
  suggestion: record({
    kind: { const: 'RoleSuggestion' },
    cluster: text,
    subject: subjectSchema,
    objects: { type: 'integer', minimum: 0 },
    confidence: { type: 'object' },
    warnings: { type: 'array', items: { type: 'object' } },
    widenings: { type: 'array', items: { type: 'object' } },
    notGranted: { type: 'array', items: { type: 'object' } },
    unseen: { type: 'array', items: { type: 'object' } },
    proof: { type: 'object' },
  }),
})

export const rolesSchemas = {
  RolesSubjects: rolesSubjectsSchema,
  RoleSuggestion: roleSuggestionSchema,
  RolesDiff: record({ diff: records, next: { type: 'null' } }),
  RolesReport: record({
    summary: texts,
    highlights: texts,
    report: records,
    next: { type: 'null' },
  }),
}
