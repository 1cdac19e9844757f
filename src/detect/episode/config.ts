import { z } from 'zod'
import type { AlertingOptions } from './alerting.ts'

const minuteUs = 60_000_000

const minutes = (fallback: number, most: number): z.ZodDefault<z.ZodNumber> =>
  z.number().positive().max(most).default(fallback)

/** The section `episodes` of the configuration: when matches are one alert. A rule may say otherwise of itself. */
export const episodesConfigSchema = z.strictObject({
  quietMinutes: minutes(15, 30 * 1440).describe(
    'An alert is closed when its rule has not matched under its key for so long, by the time of the events.',
  ),
  updateEveryMinutes: minutes(5, 1440).describe(
    'An alert that has grown is told again at most this often, by the time of the events.',
  ),
  maximumHours: z
    .number()
    .positive()
    .max(720)
    .default(24)
    .describe('After so long an alert is closed all the same, and the next match opens another.'),
  latenessMinutes: minutes(2, 1440).describe(
    'How much later than events behind it an event may come and still belong where it would have.',
  ),
  maxOpen: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe(
      'Alerts that are open at a time; beyond it the one that matched least recently is closed.',
    ),
  maxEvents: z
    .int()
    .min(1)
    .max(100_000)
    .default(500)
    .describe('Events that an alert lists; what comes then is counted.'),
  stories: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe('Tell of alerts of several rules about one actor in an alert of their own.'),
      windowMinutes: minutes(60, 30 * 1440).describe(
        'Alerts of one actor that are no farther apart make a story.',
      ),
      minTactics: z
        .int()
        .min(2)
        .max(10)
        .default(3)
        .describe('How many different tactics of ATT&CK they are of, at least.'),
    })
    .prefault({}),
})

export type EpisodesConfig = z.output<typeof episodesConfigSchema>

/** Entries of the lists of all open alerts together: some 80 MB. */
const maxEntries = 250_000

export function alertingOptionsOf(config: EpisodesConfig): AlertingOptions {
  const { stories, updateEveryMinutes, latenessMinutes, maximumHours, maxOpen } = config
  const common = {
    latenessUs: Math.round(latenessMinutes * minuteUs),
    maximumUs: Math.round(maximumHours * 60 * minuteUs),
  }
  const updateEveryUs = Math.round(updateEveryMinutes * minuteUs)
  return {
    ...common,
    ...(stories.enabled && {
      stories: {
        ...common,
        windowUs: Math.round(stories.windowMinutes * minuteUs),
        minTactics: stories.minTactics,
        updateEveryUs,
        maxActors: maxOpen,
      },
    }),
    defaults: {
      threshold: 1,
      suppressUs: 0,
      quietUs: Math.round(config.quietMinutes * minuteUs),
      updateEveryUs,
    },
    maxOpen,
    maxEvents: config.maxEvents,
    maxEntries: Math.max(maxEntries, config.maxEvents * 2),
  }
}

/** For input that is read from its beginning to its end: lists are as good as complete. */
export function offlineAlertingOptions(config: EpisodesConfig): AlertingOptions {
  return alertingOptionsOf({ ...config, maxEvents: 100_000 })
}
