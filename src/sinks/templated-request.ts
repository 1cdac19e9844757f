import { z } from 'zod'
import type { Alert } from '../contracts.ts'
import type { ReadSecret } from '../util/secret.ts'
import { type Credential, createHeaderCredential } from './credential.ts'
import {
  fillHeader,
  fillPlainText,
  fillTemplate,
  parseTemplate,
  type TemplateJson,
  templateProblem,
} from './template.ts'

/** Names of headers (RFC 9110 §5.1), in lower case, but for those that are made by us or by the connection. */
const ownHeaders =
  /^(?:host|content-length|connection|transfer-encoding|te|trailer|upgrade|expect|keep-alive|idempotency-key|x-kubewitness-.*)$/i
const headerName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'the name of a header')
  .refine((name) => !ownHeaders.test(name), 'is set by the sink')

const templateText = z.string().superRefine((text, context) => {
  const message = templateProblem(text)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

const templateJson: z.ZodType<TemplateJson> = z.lazy(() =>
  z.union([
    templateText,
    z.number(),
    z.boolean(),
    z.null(),
    z.array(templateJson),
    z.record(z.string(), templateJson),
  ]),
)

export const templateShape = {
  body: z
    .union([z.record(z.string(), templateJson), z.array(templateJson)])
    .optional()
    .describe(
      'The JSON to post for each alert; in its texts `{{ field }}` is a value of the alert.',
    ),
  text: templateText
    .min(1)
    .optional()
    .describe('Instead of JSON, a text to post for each alert, with such placeholders.'),
  headers: z
    .record(
      headerName,
      z.union([
        templateText,
        z.strictObject({ file: z.string().min(1) }),
        z.strictObject({ env: z.string().min(1) }),
      ]),
    )
    .default({})
    .describe(
      'Further headers: a text with such placeholders, or `file` or `env` that holds a secret.',
    ),
}

interface TemplateOptions {
  readonly body?: TemplateJson | undefined
  readonly text?: string | undefined
  readonly headers: Readonly<
    Record<string, string | { readonly file: string } | { readonly env: string }>
  >
}

/** Makes bodies and headers of alerts, as the configuration says. */
export interface TemplatedRequest {
  /** Requests can be made of one alert only. */
  readonly isForOne: boolean
  readonly credentials: readonly Credential[]
  /** `identity` is equal for what the receiver is to take for a repeat. */
  make(part: readonly Alert[]): Promise<{
    readonly body: string
    readonly headers: Readonly<Record<string, string>>
    readonly identity: string
  }>
}

export function createTemplatedRequest(
  sinkName: string,
  { body, text, headers }: TemplateOptions,
  readSecret: ReadSecret,
): TemplatedRequest {
  const template = body === undefined ? undefined : parseTemplate(body)
  const secrets = new Map(
    Object.entries(headers).flatMap(([name, value]) => {
      if (typeof value === 'string') return []
      const [file, env] = 'file' in value ? [value.file, undefined] : [undefined, value.env]
      // One of the two is there.
      return [[name, createHeaderCredential(sinkName, file, env, readSecret)!] as const]
    }),
  )
  const texts = Object.entries(headers).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  const isForOne =
    template !== undefined || text !== undefined || texts.some(([, value]) => /\{\{/.test(value))

  return {
    isForOne,
    credentials: [...secrets.values()],
    make: async (part) => {
      // A request has at least one alert.
      const alert = part[0]!
      const made: Record<string, string> = {}
      if (text !== undefined) made['content-type'] = 'text/plain; charset=utf-8'
      for (const [name, value] of texts) made[name.toLowerCase()] = fillHeader(value, alert)
      for (const [name, secret] of secrets)
        made[name.toLowerCase()] = (await secret.read()).reveal()
      const whole =
        template === undefined
          ? { schema: 'kubewitness.alerts/v1', alerts: part }
          : fillTemplate(template, alert)
      const content = text === undefined ? JSON.stringify(whole) : fillPlainText(text, alert)
      return {
        body: content,
        headers: made,
        identity: isForOne ? `${alert.id} ${alert.revision}` : content,
      }
    },
  }
}
