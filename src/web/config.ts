import { z } from 'zod'
import { parseHttpUrl } from '../util/http-url.ts'
import { parseListen } from '../util/listen.ts'

/** `admin:` in the configuration file. */
export const adminConfigSchema = z.strictObject({
  listen: z
    .string()
    .refine((text) => parseListen(text) !== undefined, {
      error: 'must be host:port, IPv6 in brackets, like 127.0.0.1:9480 or [::1]:9480',
    })
    .default('127.0.0.1:9480')
    .describe(
      'Health, metrics, API and page over plain HTTP, without authentication for reading: keep it on loopback, or behind a proxy that asks who is there.',
    ),
  publicUrl: z
    .string()
    .refine(
      (text) => parseHttpUrl(text) !== undefined,
      'must be an http or https URL without user name and password',
    )
    .optional()
    .describe(
      'Where people reach the admin listener, such as a proxy in front of it: notifications link there.',
    ),
  tokenFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Bearer tokens, one a line, any of which may change something through the API. Made on first start if absent. Without it `<dataDirectory>/admin-token`.',
    ),
})

export type AdminConfig = z.output<typeof adminConfigSchema>
