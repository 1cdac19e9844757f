import { z } from 'zod'
import { type GroupLabel, groupLabels } from '../route/labels.ts'

/** How alerts of a route are told together. */
export const groupSchema = z.strictObject({
  by: z
    .array(z.enum(groupLabels))
    .default(['cluster', 'rule'])
    .describe('Alerts in which these labels are equal are a group; `[]`: all of the route.'),
  waitSeconds: z
    .number()
    .min(0)
    .max(3600)
    .default(30)
    .describe('How long the first alert of a group waits for company.'),
  intervalMinutes: z
    .number()
    .min(0)
    .max(1440)
    .default(5)
    .describe('How long after it was told a group is told of what is new.'),
  repeatHours: z
    .number()
    .min(0)
    .max(168)
    .default(4)
    .describe(
      'How long after it was told a group is told that its alerts have grown, if nothing is new.',
    ),
})

export type GroupConfig = z.output<typeof groupSchema>

export interface GroupSettings {
  readonly by: readonly GroupLabel[]
  readonly waitMs: number
  readonly intervalMs: number
  readonly repeatMs: number
}

export function groupSettings(config: GroupConfig): GroupSettings {
  return {
    by: config.by.toSorted(),
    waitMs: config.waitSeconds * 1000,
    intervalMs: config.intervalMinutes * 60_000,
    repeatMs: config.repeatHours * 3_600_000,
  }
}
