import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { builtinRulesFolder } from '../../src/app/rule-files.ts'

const topic = z
  .strictObject({
    id: z.string().optional(),
    topic: z.string(),
    rules: z.array(z.string()).min(1).optional(),
    /** What audit events cannot show of it. */
    unseen: z.string().optional(),
  })
  .refine(({ rules, unseen }) => rules !== undefined || unseen !== undefined)

const schema = z.strictObject({
  hardening: z.array(topic),
  owasp: z.array(topic),
  microsoft: z.array(topic),
})

export type Topic = z.infer<typeof topic>

/** What others list, and the rules that are about it. */
export function readFrameworks(): z.infer<typeof schema> {
  return schema.parse(parse(readFileSync(join(builtinRulesFolder, 'frameworks.yml'), 'utf8')))
}
