import { z } from 'zod'
import { inhibitSchema } from '../deliver/inhibit/config.ts'
import { routeProblems, routesSchema } from '../deliver/route/routes.ts'
import { episodesConfigSchema } from '../detect/episode/config.ts'
import { logConfigSchema } from '../log/table.ts'
import { levels } from '../sigma/levels.ts'
import { sinkConfigSchema } from '../sinks/table.ts'
import { apiServersConfigSchema } from '../sources/apiserver-metrics/config.ts'
import { kafkaSourceShape } from '../sources/kafka/config.ts'
import { webhookConfigSchema } from '../sources/webhook/config.ts'
import { kafkaConnectionShape } from '../util/kafka/connection.ts'
import { adminConfigSchema } from '../web/config.ts'
import { rolesConfigSchema } from './roles.ts'

const rulesConfigSchema = z.strictObject({
  builtin: z.boolean().default(true).describe('Use the rules that come with Kubewitness.'),
  paths: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Files and folders with further Sigma rules. A folder that is not there yet is taken for empty until it comes; what has been read once has to stay.',
    ),
  mapping: z
    .string()
    .min(1)
    .optional()
    .describe('File that says what names in rules mean, instead of `detections/mapping.yml`.'),
  minimumLevel: z.enum(levels).default('low').describe('Rules below this level are not used.'),
  placeholders: z
    .record(z.string().regex(/^[^%\\]+$/), z.array(z.string()).min(1))
    .default({})
    .describe(
      'Values for the %names% that rules use with the modifier expand, by name; each replaces the list of that name in `detections/lists.yml`.',
    ),
})

const silencesConfigSchema = z.strictObject({
  path: z
    .string()
    .min(1)
    .optional()
    .describe('File with silences, read again when it changes (docs/routing.md).'),
})

const alarmsConfigSchema = z.strictObject({
  silentAfterMinutes: z
    .number()
    .positive()
    .default(10)
    .describe('A cluster that has sent before and is silent for so long raises an alert.'),
})

const sectionsSchema = z.strictObject({
  dataDirectory: z
    .string()
    .min(1)
    .default('./data')
    .describe('Where the store, keys, tokens and certificates are kept.'),
  webhook: webhookConfigSchema.prefault({}),
  admin: adminConfigSchema.prefault({}),
  kafkaSources: z
    .array(
      z.strictObject({
        ...kafkaSourceShape,
        ...kafkaConnectionShape,
      }),
    )
    .default([]),
  rules: rulesConfigSchema.prefault({}),
  episodes: episodesConfigSchema.prefault({}),
  roles: rolesConfigSchema.prefault({}),
  log: logConfigSchema.prefault({}),
  sinks: z
    .array(sinkConfigSchema)
    .default([{ name: 'console', type: 'stdout' }])
    .superRefine((sinks, context) => {
      for (const [index, sink] of sinks.entries()) {
        if (sinks.findIndex((other) => other.name === sink.name) < index) {
          context.addIssue({
            code: 'custom',
            path: [index, 'name'],
            message: `another sink has the name ${sink.name}; give each its own`,
          })
        }
      }
    }),
  routes: routesSchema,
  inhibit: inhibitSchema,
  silences: silencesConfigSchema.prefault({}),
  alarms: alarmsConfigSchema.prefault({}),
  apiServers: apiServersConfigSchema,
  redactionKeyFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File with the key of the markers that replace secrets, 32 bytes in hexadecimal: one for all processes that receive. Without it `<dataDirectory>/redaction.key`, made on first start.',
    ),
  logLevel: z
    .enum(['silent', 'error', 'warn', 'info', 'debug'])
    .default('info')
    .describe('How much the service says about itself on standard error.'),
})

/** The whole configuration: every component brings its own schema and defaults, unknown keys are refused. */
export const configSchema = sectionsSchema.superRefine(({ routes, sinks }, context) => {
  const names = sinks.map(({ name }) => name)
  for (const { path, message } of routeProblems(routes, names))
    context.addIssue({ code: 'custom', path: ['routes', ...path], message })
})

export type Config = z.infer<typeof configSchema>
