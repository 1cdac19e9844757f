import { z } from 'zod'
import { groupLabels } from '../route/labels.ts'
import { matchSchema } from '../route/match.ts'

const inhibitRuleSchema = z.strictObject({
  source: matchSchema.describe('While such an alert is open …'),
  target: matchSchema.describe('… sinks are not told of these …'),
  equal: z
    .array(z.enum(groupLabels))
    .default([])
    .describe('… as far as these labels are equal in both.'),
})

/** The section `inhibit` of the configuration. */
export const inhibitSchema = z
  .array(inhibitRuleSchema)
  .default([])
  .describe('Alerts that say nothing more while another one is open (docs/routing.md).')

export type InhibitConfig = z.output<typeof inhibitSchema>
