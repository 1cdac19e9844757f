import { z } from 'zod'
import type { Alert } from '../contracts.ts'
import { levels } from '../sigma/levels.ts'

const alertSchema = z.looseObject({
  schema: z.literal('kubewitness.alert/v1'),
  id: z.string().min(1),
  revision: z.int().min(1),
  status: z.enum(['open', 'updated', 'closed']),
  rule: z.looseObject({
    id: z.string(),
    name: z.string(),
    title: z.string(),
    level: z.enum(levels),
    tags: z.array(z.string()),
  }),
  cluster: z.string(),
  actor: z.string(),
  effectiveUser: z.string(),
  peerIp: z.string(),
  userAgent: z.string(),
  target: z.record(z.string(), z.string()),
  firstSeen: z.string(),
  lastSeen: z.string(),
  count: z.number(),
  events: z.array(z.looseObject({ id: z.string(), auditID: z.string(), stage: z.string() })),
  group: z.record(z.string(), z.string()),
  summary: z.string(),
  why: z.array(z.looseObject({ selection: z.string(), field: z.string(), value: z.string() })),
})

const decoder = new TextDecoder('utf-8', { fatal: true })

/** The alert in a record of the topic, or why there is none; the reason quotes nothing of the record. Never throws. */
export function decodeAlert(
  value: Uint8Array,
): { readonly alert: Alert } | { readonly reason: string } {
  let json: unknown
  try {
    json = JSON.parse(decoder.decode(value))
  } catch {
    return { reason: 'not JSON' }
  }
  const parsed = alertSchema.safeParse(json)
  // What was parsed, not the schema's copy of it, so that sinks see it unchanged; the schema has just proved the type.
  if (parsed.success) return { alert: json as Alert }
  const path = parsed.error.issues[0]?.path.join('.') ?? ''
  return { reason: `not an alert${path === '' ? '' : `: ${path}`}` }
}
