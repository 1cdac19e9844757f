import { z } from 'zod'
import {
  defaultLimit,
  describeProblems,
  limitRule,
  limitSchema,
  type Parsed,
} from './parameters.ts'
import type { Page } from './scan.ts'
import type { SilenceView } from './silences.ts'

const states = ['pending', 'active', 'expired'] as const

const cursorSchema = z
  .string()
  .max(1000)
  .transform((text) => decodePlace(text))
  .refine((place) => place !== undefined)
const parametersSchema = z.strictObject({
  limit: limitSchema.optional(),
  cursor: cursorSchema.optional(),
  state: z.enum(states).optional(),
})

const rules = {
  limit: limitRule,
  cursor: 'cursor must be the next of an earlier answer',
  state: `state must be one of ${states.join(', ')}`,
}

export interface SilenceFilter {
  readonly limit: number
  /** Only those that stand behind it. */
  readonly after?: string | undefined
  readonly state?: SilenceView['state'] | undefined
}

export function parseSilenceParameters(query: unknown): Parsed<SilenceFilter> {
  const parsed = parametersSchema.safeParse(query)
  if (!parsed.success) return { message: describeProblems(parsed.error, rules) }
  const { cursor, limit = defaultLimit, state } = parsed.data
  return { filter: { limit, after: cursor, state } }
}

/** A page of all, which are given newest first. What is made meanwhile changes no later page. */
export function pageOfSilences(
  all: readonly SilenceView[],
  { after, limit, state }: SilenceFilter,
): Page<SilenceView> {
  const found = all.filter(
    (silence) =>
      (state === undefined || silence.state === state) &&
      (after === undefined || placeOf(silence) < after),
  )
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const isAtEnd = found.length === items.length || last === undefined
  return { items, next: isAtEnd ? null : encodePlace(placeOf(last)) }
}

/** Times of one length: they sort as texts. */
function placeOf({ createdAt, id }: SilenceView): string {
  return `${createdAt} ${id}`
}

function encodePlace(place: string): string {
  return Buffer.from(place).toString('base64url')
}

/** Undefined for anything that `encodePlace` did not make. */
function decodePlace(text: string): string | undefined {
  const place = Buffer.from(text, 'base64url').toString('utf8')
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z [0-9a-f]+$/.test(place) ? place : undefined
}
