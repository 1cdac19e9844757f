export const text = { type: 'string' }
export const time = { type: 'string', format: 'date-time' }
export const texts = { type: 'array', items: text }

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
