import { defaultLimit, maxLimit } from './parameters.ts'

export const text = { type: 'string' }
export const time = { type: 'string', format: 'date-time' }
export const texts = { type: 'array', items: text }

export const cursorParameter = {
  name: 'cursor',
  in: 'query',
  description: 'The `next` of an earlier answer: goes on behind it.',
  schema: text,
}
export const limitParameter = {
  name: 'limit',
  in: 'query',
  schema: { type: 'integer', minimum: 1, maximum: maxLimit, default: defaultLimit },
}

export const badRequest = {
  description: 'A parameter is not understood.',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
}

export function record(properties: Readonly<Record<string, object>>) {
  return { type: 'object', required: Object.keys(properties), properties }
}

export function withOptional(
  optional: Readonly<Record<string, object>>,
  required: Readonly<Record<string, object>>,
) {
  const { properties, ...schema } = record(required)
  return { ...schema, properties: { ...properties, ...optional } }
}
