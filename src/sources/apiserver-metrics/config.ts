import { z } from 'zod'
import { parseHttpUrl } from '../../util/http-url.ts'

/** `apiServers:` in the configuration file: where to ask how many audit events were sent. */
export const apiServersConfigSchema = z
  .array(
    z.strictObject({
      cluster: z.string().min(1).describe('Name of a cluster of `webhook.clusters`.'),
      metricsUrls: z
        .array(
          z
            .string()
            .refine(
              (text) => parseHttpUrl(text) !== undefined,
              'must be the URL of an API server’s metrics without user name and password, like https://192.0.2.1:6443/metrics',
            ),
        )
        .min(1)
        .max(50)
        .describe(
          'The `/metrics` of every API server of the cluster, each at its own address: behind a load balancer they cannot be told apart.',
        ),
      caFile: z
        .string()
        .min(1)
        .optional()
        .describe(
          'Certificate authorities of the API servers, PEM. Without it those of the system.',
        ),
      tokenFile: z
        .string()
        .min(1)
        .optional()
        .describe(
          'Bearer token of an account that may `get` the path `/metrics`; read for every request, because tokens of service accounts are renewed.',
        ),
      everySeconds: z.number().min(10).max(3600).default(60).describe('How often they are asked.'),
    }),
  )
  .default([])

export type ApiServerConfig = z.output<typeof apiServersConfigSchema>[number]
