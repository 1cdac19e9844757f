import cron from 'node-cron'
import { z } from 'zod'
import {
  defaultKubernetesVersion,
  minorReleaseOf,
  newestKubernetesVersion,
  oldestKubernetesVersion,
} from '../audit/policy/version.ts'
import { levels } from '../sigma/levels.ts'

const schedule = z.string().superRefine((expression, context) => {
  for (const { field, message } of cron.validateDetailed(expression).errors)
    context.addIssue({
      code: 'custom',
      message: `is no cron expression (${field}: ${message}); give minute, hour, day of month, month and day of week, as in 0 6 * * 1`,
    })
})

const timeZone = z.string().refine(isTimeZone, {
  error: 'is no time zone; give a name of the tz database, as in Europe/Berlin',
})

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

const reportSchema = z.strictObject({
  schedule: schedule.describe(
    'When to report, as a cron expression: `0 6 * * 1` is Mondays at six.',
  ),
  timeZone: timeZone.default('UTC').describe('Whose hours these are.'),
  level: z
    .enum(levels)
    .default('informational')
    .describe('Level of the alert that carries the report; sinks with `minimumLevel` go by it.'),
  keep: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .describe('Reports that stay in the folder `reports` of the data directory, by cluster.'),
})

const manifestsSchema = z.strictObject({
  cluster: z.string().min(1).describe('The name of the cluster.'),
  paths: z
    .array(z.string().min(1))
    .min(1)
    .describe(
      'Files and folders with its RBAC objects, as `kubectl get clusterroles,clusterrolebindings,roles,rolebindings -A -o yaml` prints them. They are read anew for each answer.',
    ),
  kubernetesVersion: z
    .string()
    .refine((version) => minorReleaseOf(version) !== undefined, {
      error: `give ${oldestKubernetesVersion} to ${newestKubernetesVersion}`,
    })
    .default(defaultKubernetesVersion)
    .describe('Of its API server.'),
})

/** The section `roles` of the configuration. */
export const rolesConfigSchema = z
  .strictObject({
    observe: z
      .boolean()
      .default(false)
      .describe(
        'Keep what each user asks for, so that `/api/v1/roles` can suggest roles (docs/roles.md); takes a thread and, under load, 20 to 80 MiB of memory.',
      ),
    manifests: z
      .array(manifestsSchema)
      .default([])
      .describe('What clusters grant, for `/api/v1/roles/diff` and `/api/v1/roles/report`.'),
    report: reportSchema
      .optional()
      .describe('Reports on each cluster of `manifests`, to all sinks, by the calendar.'),
  })
  .superRefine(({ observe, manifests, report }, context) => {
    const refuse = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path, message })
    for (const [index, { cluster }] of manifests.entries())
      if (manifests.findIndex((other) => other.cluster === cluster) < index)
        refuse(
          ['manifests', index, 'cluster'],
          `${cluster} stands above already; put all its paths there`,
        )
    if (report === undefined) return
    if (!observe) refuse(['report'], 'needs what is observed: set roles.observe to true')
    if (manifests.length === 0) refuse(['report'], 'needs what is granted: give roles.manifests')
  })

export type RolesReportConfig = z.output<typeof reportSchema>
/** What one cluster grants: where its manifests are. */
export type ManifestsConfig = z.output<typeof manifestsSchema>
