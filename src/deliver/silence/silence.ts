import { createHash } from 'node:crypto'
import { z } from 'zod'
import { matchSchema } from '../route/match.ts'

const time = z.iso.datetime({ offset: true, error: 'must be a time like 2026-01-31T18:00:00Z' })

/** Nobody remembers why, after so long. */
const maxDays = 366

/** What a person says of a silence; the rest follows. */
export const silenceDraftSchema = z
  .strictObject({
    match: matchSchema.describe('Which alerts sinks are not told of.'),
    startsAt: time.optional().describe('From when on; without it from now on.'),
    endsAt: time.describe('Until when, 366 days at most.'),
    createdBy: z.string().trim().min(1).max(200).describe('Who answers for it.'),
    comment: z.string().trim().min(1).max(2000).describe('Why.'),
  })
  .refine(({ startsAt, endsAt }) => startsAt === undefined || msOf(startsAt) < msOf(endsAt), {
    path: ['endsAt'],
    message: 'must be behind startsAt',
  })

export type SilenceDraft = z.output<typeof silenceDraftSchema>

/** A silence as it is stored and shown. */
export const silenceSchema = z.strictObject({
  schema: z.literal('kubewitness.silence/v1'),
  id: z.string(),
  /** Where it was made, and so where it can be changed. */
  from: z.enum(['api', 'file']),
  match: matchSchema,
  /** RFC 3339, UTC. */
  startsAt: z.string(),
  endsAt: z.string(),
  createdAt: z.string(),
  createdBy: z.string(),
  comment: z.string(),
})

export type Silence = Readonly<z.output<typeof silenceSchema>>

export type SilenceState = 'pending' | 'active' | 'expired'

/** A draft that is too long, or over, is refused with a sentence. */
export function silenceOf(
  draft: SilenceDraft,
  from: Silence['from'],
  nowMs: number,
): Silence | { readonly problem: string } {
  const { comment, createdBy, match } = draft
  const givenMs = draft.startsAt === undefined ? undefined : msOf(draft.startsAt)
  const endsMs = msOf(draft.endsAt)
  if (endsMs - (givenMs ?? nowMs) > maxDays * 86_400_000)
    return { problem: `endsAt is more than ${maxDays} days behind the start` }
  if (from === 'api' && endsMs <= nowMs) return { problem: 'endsAt is over already' }
  // What stands in a file holds from when on it is read, and is the same silence whenever that is.
  const startsAt = new Date(givenMs ?? (from === 'file' ? 0 : nowMs)).toISOString()
  const endsAt = new Date(endsMs).toISOString()
  const identity = JSON.stringify([from, match, startsAt, endsAt, createdBy, comment])
  return {
    schema: 'kubewitness.silence/v1',
    id: createHash('sha256').update(identity).digest('hex').slice(0, 32),
    from,
    match,
    startsAt,
    endsAt,
    createdAt: new Date(nowMs).toISOString(),
    createdBy,
    comment,
  }
}

/** `endsAt` is the first moment at which it is silent no more. */
export function stateOf({ startsAt, endsAt }: Silence, nowMs: number): SilenceState {
  if (nowMs >= msOf(endsAt)) return 'expired'
  return nowMs < msOf(startsAt) ? 'pending' : 'active'
}

function msOf(text: string): number {
  return Date.parse(text)
}
