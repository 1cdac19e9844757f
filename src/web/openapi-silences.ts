import {
  badRequest,
  cursorParameter,
  limitParameter,
  record,
  text,
  time,
  withOptional,
} from './openapi-parts.ts'

const silence = { $ref: '#/components/schemas/Silence' }
const answer = (description: string) => ({
  description,
  content: { 'application/json': { schema: record({ silence }) } },
})
const unauthorized = { ...badRequest, description: 'Without the token of `admin.tokenFile`.' }

export const silencesPaths = {
  '/api/v1/silences': {
    get: {
      summary: 'Silences, those that are over among them',
      parameters: [
        limitParameter,
        cursorParameter,
        {
          name: 'state',
          in: 'query',
          description: 'Only those in this state.',
          schema: { enum: ['pending', 'active', 'expired'] },
        },
      ],
      responses: {
        200: {
          description: 'Newest first.',
          content: {
            'application/json': {
              schema: record({
                silences: { type: 'array', items: silence },
                next: { type: ['string', 'null'] },
              }),
            },
          },
        },
        400: badRequest,
      },
    },
    post: {
      summary: 'Keeps sinks from being told of some alerts for a time',
      security: [{ adminToken: [] }],
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { $ref: '#/components/schemas/SilenceDraft' } } },
      },
      responses: {
        201: answer('It is stored, and in force from `startsAt` on.'),
        400: { ...badRequest, description: 'What is wrong with it, a problem a line.' },
        401: unauthorized,
      },
    },
  },
  '/api/v1/silences/{id}': {
    delete: {
      summary: 'Ends a silence now',
      security: [{ adminToken: [] }],
      parameters: [{ name: 'id', in: 'path', required: true, schema: text }],
      responses: {
        200: answer('It is over. One that was over before is as it was.'),
        401: unauthorized,
        404: { ...badRequest, description: 'There is no silence of this id.' },
        409: { ...badRequest, description: 'It is in the file of silences.' },
      },
    },
  },
}

const match = { type: 'object', description: 'As `match` of a route: docs/routing.md.' }
const draft = { match, endsAt: time, createdBy: text, comment: text }

export const silencesSchemas = {
  SilenceDraft: withOptional({ startsAt: time }, draft),
  Silence: record({
    id: text,
    state: { enum: ['pending', 'active', 'expired'] },
    from: { enum: ['api', 'file'] },
    startsAt: time,
    createdAt: time,
    ...draft,
  }),
}

/** What an alert has when sinks are, or were, not told of its newest revision. */
export const silencedSchema = record({ id: text, endsAt: time })
