import { z } from 'zod'
import { knownFields } from '../audit/known-fields.ts'
import { correlationTypes } from '../sigma/correlation.ts'
import { levels } from '../sigma/levels.ts'
import { statuses } from '../sigma/metadata.ts'
import { modifiers } from '../sigma/modifiers.ts'
import type { stepKeys } from './sequence.ts'
import type { caseKeys } from './test-file.ts'

const texts = z.union([z.string(), z.array(z.string())])
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])

/** A field with its modifiers. Brackets select elements of arrays. */
const fieldKey = z
  .string()
  .regex(new RegExp(`^[^|]*(\\|(${Object.keys(modifiers).join('|')}))*$`))
  .meta({ examples: knownFields.filter((field) => !/[.*]$/.test(field)) })

/** A map of fields, keywords, or a list of either. A map below a field is a block about the elements of an array. */
const selection: z.ZodType = z.lazy(() => z.union([scalar, fieldMap, z.array(selection)]))
const fieldMap: z.ZodType = z.lazy(() =>
  z.record(fieldKey, z.union([scalar, z.array(scalar), selection])),
)

const duration = z.string().regex(/^\d+[smhdwMy]$/)

const logsource = z.looseObject({
  product: z
    .string()
    .optional()
    .meta({ examples: ['kubernetes'] }),
  service: z
    .string()
    .optional()
    .meta({ examples: ['audit'] }),
  category: z.string().optional(),
})

const common = {
  title: z.string().min(1).describe('What people read first.'),
  id: z.guid().optional().describe('A UUID of its own; alerts keep their ids by it.'),
  name: z.string().optional().describe('A short name that is unique.'),
  status: z.enum(statuses).optional(),
  level: z.enum(levels).optional(),
  description: z.string().optional(),
  author: z.string().optional(),
  date: z.string().optional(),
  modified: z.string().optional(),
  references: texts.optional(),
  tags: z
    .union([z.null(), z.array(z.string().regex(/^[a-z0-9_-]+\.[a-z0-9._-]+$/))])
    .optional()
    .describe('attack.<tactic>, attack.t<number>, …'),
  fields: texts.optional(),
  falsepositives: texts.optional(),
  kubewitness: z
    .looseObject({
      summary: z.string().optional().describe('One sentence about an event, with {placeholders}.'),
      groupBy: texts.optional().describe('Matches with the same values are one alert.'),
      threshold: z.int().min(1).optional().describe('Requests from which on there is an alert.'),
      suppress: duration.optional().describe('For so long after an alert no other opens.'),
      updateEvery: duration.optional().describe('An alert that grows is told again so often.'),
      quiet: duration.optional().describe('Without a match for so long an alert is over.'),
      count: z.enum(['requests', 'events']).optional().describe('Of a correlation.'),
      lateness: duration.optional().describe('Of a correlation: how late an event may come.'),
    })
    .optional(),
  logsource,
}

const number = z.union([z.number(), z.string().regex(/^-?\d/)])
const threshold = z.strictObject({
  gt: number.optional(),
  gte: number.optional(),
  lt: number.optional(),
  lte: number.optional(),
  eq: number.optional(),
  neq: number.optional(),
  field: texts.optional().describe('What is counted or measured.'),
  percentile: number.optional().describe('From 0 to 100.'),
})

const correlation = z.strictObject({
  type: z
    .string()
    .refine((text) => correlationTypes.some((type) => type === text.toLowerCase()))
    .meta({ examples: [...correlationTypes] }),
  rules: texts.optional().describe('Ids or names, in any file.'),
  'group-by': texts.optional(),
  timespan: z
    .string()
    .regex(/^\d+[smhdwMy]$/)
    .describe('A whole number and s, m, h, d, w, M (month) or y.'),
  condition: z.union([threshold, z.string()]).optional(),
  aliases: z.record(z.string(), z.record(z.string(), z.string())).nullish(),
  generate: z.boolean().optional().describe('Its rules alert by themselves too.'),
})

/** One document of a rule file: an event rule, a correlation or a filter. What it refuses, the loader refuses too; not the other way round. */
export const ruleSchema = z.union([
  z.looseObject({ ...common, detection: z.object({ condition: texts }).catchall(selection) }),
  z.looseObject({ ...common, logsource: logsource.optional(), correlation }),
  z.looseObject({ ...common, filter: z.object({ condition: texts }).catchall(selection) }),
])

const path = z.string().min(1)
const eventShape = {
  base: z.string().optional().describe('An event of the table of base events.'),
  event: z.record(z.string(), z.unknown()).optional().describe('The event in full.'),
  change: z.record(path, z.unknown()).optional().describe('Path: value; null removes.'),
  each: z
    .record(path, z.array(z.unknown()))
    .optional()
    .describe('One path: a case, or an event, for every value.'),
}
const stepShape = {
  ...eventShape,
  repeat: z.int().min(1).optional().describe('So many times.'),
  after: duration.optional().describe('Behind the event before it.'),
} satisfies Readonly<Record<(typeof stepKeys)[number], z.ZodType>>
const caseShape = {
  name: z.string().min(1).describe('A sentence about what the case shows.'),
  before: z.array(z.strictObject(stepShape)).optional().describe('Earlier events, in order.'),
  after: duration.optional().describe('Behind the last of `before`.'),
  ...eventShape,
  expect: z.enum(['match', 'none']),
} satisfies Readonly<Record<(typeof caseKeys)[number], z.ZodType>>

/** A `*.test.yml`. */
export const testFileSchema = z.looseObject({ cases: z.array(z.strictObject(caseShape)).min(1) })

const schemas = {
  rule: { schema: ruleSchema, title: 'Sigma rule for Kubewitness' },
  test: { schema: testFileSchema, title: 'Cases of a Sigma rule for Kubewitness' },
} as const

export const editorSchemaKinds = Object.keys(schemas)

/** The JSON Schema (draft 2020-12) of rule files or of test files, for editors. */
export function editorSchema(kind: string): object | undefined {
  const found = Object.entries(schemas).find(([name]) => name === kind)?.[1]
  if (found === undefined) return undefined
  return { title: found.title, ...z.toJSONSchema(found.schema, { io: 'input' }) }
}
