import { z } from 'zod'
import { levels } from '../sigma/levels.ts'
import type { AlertFilter } from './alert-query.ts'
import { decodeCursor } from './cursor.ts'
import type { RejectedFilter } from './rejected-query.ts'

export const defaultLimit = 100
export const maxLimit = 1000

/** Items of one page. */
export const limitSchema = z
  .string()
  .regex(/^\d{1,4}$/)
  .transform(Number)
  .refine((value) => value >= 1 && value <= maxLimit)
const cursor = z
  .string()
  .transform((text) => decodeCursor(text))
  .refine((value) => value !== undefined)
const level = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(levels)).min(1))
const text = z.string().min(1).max(1000)

const rejectedParameters = z.strictObject({
  limit: limitSchema.optional(),
  cursor: cursor.optional(),
})
const alertParameters = rejectedParameters.extend({
  level: level.optional(),
  rule: text.optional(),
  actor: text.optional(),
})

/** What is wrong, by parameter. */
export type ParameterRules = Readonly<Record<string, string>>

export const limitRule = `limit must be a whole number from 1 to ${maxLimit}`

const rules: ParameterRules = {
  limit: limitRule,
  cursor: 'cursor must be the next of an earlier answer',
  level: `level must be one or more of ${levels.join(', ')}, with commas between them`,
  rule: 'rule must be given once: the id or the name of a rule',
  actor: 'actor must be given once: a user name',
}

export type Parsed<T> = { readonly filter: T } | { readonly message: string }

export function parseAlertParameters(query: unknown): Parsed<AlertFilter> {
  const parsed = alertParameters.safeParse(query)
  if (!parsed.success) return { message: describeProblems(parsed.error, rules) }
  const { actor, cursor, level, limit, rule } = parsed.data
  return {
    filter: {
      limit: limit ?? defaultLimit,
      ...(cursor === undefined ? {} : { cursor }),
      ...(level === undefined ? {} : { levels: level }),
      ...(rule === undefined ? {} : { rule }),
      ...(actor === undefined ? {} : { actor }),
    },
  }
}

export function parseRejectedParameters(query: unknown): Parsed<RejectedFilter> {
  const parsed = rejectedParameters.safeParse(query)
  if (!parsed.success) return { message: describeProblems(parsed.error, rules) }
  const { cursor, limit } = parsed.data
  return { filter: { limit: limit ?? defaultLimit, ...(cursor === undefined ? {} : { cursor }) } }
}

/** Names what is wrong without echoing it. */
export function describeProblems(error: z.ZodError, rules: ParameterRules): string {
  const messages = error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? 'there is a parameter that this resource does not know; see /api/v1/openapi.json'
      : (rules[String(issue.path[0])] ?? issue.message),
  )
  return [...new Set(messages)].join('; ')
}
