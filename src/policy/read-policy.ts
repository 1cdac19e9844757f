import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import type { Problem } from '../contracts.ts'
import type { AuditPolicyShape } from './policy-boxes.ts'

const texts = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? undefined)

const schema = z.object({
  apiVersion: z.literal('audit.k8s.io/v1'),
  kind: z.literal('Policy'),
  omitStages: texts,
  rules: z
    .array(
      z.object({
        level: z.enum(['None', 'Metadata', 'Request', 'RequestResponse']),
        users: texts,
        userGroups: texts,
        verbs: texts,
        resources: z
          .array(z.object({ group: z.string().optional(), resources: texts, resourceNames: texts }))
          .nullish()
          .transform((list) => list ?? undefined),
        namespaces: texts,
        nonResourceURLs: texts,
        omitStages: texts,
      }),
    )
    .min(1),
})

const maxBytes = 1 << 20

/** The audit policy of a file, or why it is none, with line and column. */
export function readAuditPolicy(file: {
  readonly path: string
  readonly text: string
}): { readonly policy: AuditPolicyShape } | { readonly problems: readonly Problem[] } {
  const { path, text } = file
  const lines = new LineCounter()
  const problem = (offset: number, message: string): Problem => {
    const { line, col } = lines.linePos(offset)
    return {
      path,
      line: Math.max(1, line),
      column: Math.max(1, col),
      severity: 'error',
      code: 'policy.invalid',
      message,
    }
  }
  if (text.length > maxBytes)
    return { problems: [problem(0, 'an audit policy is not that long; name the policy file')] }
  const document = parseDocument(text, { lineCounter: lines })
  const errors = document.errors
    .slice(0, 1)
    .map(({ pos, message }) => problem(pos[0], message.split('\n')[0] ?? ''))
  if (errors.length > 0) return { problems: errors }
  const result = schema.safeParse(toJs(document))
  if (result.success) return { policy: result.data }
  return {
    problems: result.error.issues.map((issue) => {
      const node: unknown = document.getIn(issue.path, true) ?? document.contents
      const range =
        typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
      const offset = Array.isArray(range) && typeof range[0] === 'number' ? range[0] : 0
      return problem(offset, `${issue.path.join('.') || 'the policy'}: ${issue.message}`)
    }),
  }
}

/** Undefined when aliases would make it too large. */
function toJs(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch {
    return undefined
  }
}
