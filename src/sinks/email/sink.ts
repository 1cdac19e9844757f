import { z } from 'zod'
import type { Alert, Sink } from '../../contracts.ts'
import { readTlsFiles, type TlsFiles, tlsSchema } from '../../util/tls-files.ts'
import { commonSinkShape, countSet, type SinkDependencies } from '../common.ts'
import { createCredential } from '../credential.ts'
import { newestNews } from '../notices.ts'
import { delivered, isMisconfigured, skipped, unavailable } from '../outcomes.ts'
import { sendInParts, type Verdict } from '../parts.ts'
import { withTimeout } from '../timeout.ts'
import { createWriteGate } from '../write-gate.ts'
import { smtpVerdict } from './fault.ts'
import { mailOf } from './message.ts'
import { sendMail } from './smtp.ts'

const defaultPort = { starttls: 587, tls: 465, none: 25 } as const

export const emailSinkSchema = z
  .strictObject({
    ...commonSinkShape,
    type: z.literal('email'),
    host: z.string().min(1).describe('Name or address of the mail server.'),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('587 with STARTTLS, 465 with TLS, 25 without, if not given.'),
    security: z
      .enum(['starttls', 'tls', 'none'])
      .default('starttls')
      .describe('Without any, whoever is on the way can read and change mails.'),
    tls: tlsSchema.optional(),
    username: z.string().min(1).optional().describe('User of the mail server, with a password.'),
    passwordFile: z.string().min(1).optional().describe('File with the password.'),
    passwordEnv: z.string().min(1).optional().describe('Environment variable with it.'),
    from: z.email().describe('Sender.'),
    to: z.array(z.email()).min(1).max(50).describe('Recipients.'),
    maxAlerts: z
      .int()
      .min(1)
      .max(100)
      .default(20)
      .describe('Most alerts that one mail tells in detail; all others are counted.'),
    waitSeconds: z
      .int()
      .min(0)
      .max(3_600)
      .default(30)
      .describe('How long an alert may wait for others that go into the same mail.'),
    timeoutMs: z
      .int()
      .min(100)
      .max(600_000)
      .default(60_000)
      .describe('How long to wait for the mail server.'),
  })
  .refine(
    (config) =>
      countSet(config.passwordFile, config.passwordEnv) === (config.username === undefined ? 0 : 1),
    {
      error: 'username and one of passwordFile, passwordEnv go together',
      path: ['passwordFile'],
    },
  )
  .refine(({ security, username }) => security !== 'none' || username === undefined, {
    error: 'a password is only sent over an encrypted connection',
    path: ['security'],
  })

export type EmailSinkConfig = z.output<typeof emailSinkSchema>

/** One mail for all that is news in a batch. A batch whose mail is refused is halved until one alert stands alone. */
export function createEmailSink(
  config: EmailSinkConfig,
  { clock, logger, readSecret }: SinkDependencies,
): Sink<Alert> {
  const { name, host, security, username, timeoutMs } = config
  const gate = createWriteGate<Alert>(name)
  const password = createCredential(config.passwordFile, config.passwordEnv, readSecret)
  let files: TlsFiles | undefined

  const login = async () => {
    if (username === undefined || password === undefined) return {}
    return { login: { username, password: (await password.read()).reveal() } }
  }

  const attempt = async (part: readonly Alert[], signal: AbortSignal): Promise<Verdict> => {
    const alerts = newestNews(part).map(({ alert }) => alert)
    if (alerts.length === 0) return { outcome: skipped }
    try {
      files ??= await readTlsFiles(`sink ${name}`, config.tls ?? {})
      const port = config.port ?? defaultPort[security]
      const server = { host, port, security, timeoutMs, tls: files, ...(await login()) }
      const mail = mailOf(alerts, config.maxAlerts)
      const refused = await withTimeout(clock, timeoutMs, signal, (bounded) =>
        sendMail(server, config, mail, bounded),
      )
      if (refused > 0) logger.warn('Recipients of mails were refused', { sink: name, refused })
      return { outcome: delivered }
    } catch (error) {
      const verdict = smtpVerdict(`mailing for sink ${name}`, error)
      if (isMisconfigured(verdict.outcome)) {
        password?.forget()
        files = undefined
      }
      return verdict
    }
  }

  return {
    name,
    limits: { maxItems: 500, maxBytes: 4 * 1024 * 1024, lingerMs: config.waitSeconds * 1000 },
    start: async () => {
      files = await readTlsFiles(`sink ${name}`, config.tls ?? {})
      await password?.read()
    },
    write: (batch, signal) =>
      gate.run(batch, signal, (gateSignal) =>
        sendInParts(
          batch,
          500,
          (part) => attempt(part, gateSignal),
          unavailable(`mailing for sink ${name}: many mails are refused; the rest comes next`),
        ),
      ),
    stop: (deadline) => gate.stop(deadline),
  }
}
