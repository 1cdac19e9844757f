import { hostname as ownHostname } from 'node:os'
import { z } from 'zod'
import type { Alert, Outcome, Sink } from '../../contracts.ts'
import { readTlsFiles, type TlsFiles, tlsSchema } from '../../util/tls-files.ts'
import { commonSinkShape, type SinkDependencies } from '../common.ts'
import { connectionFault } from '../connection-fault.ts'
import { timeoutShape } from '../http-sink.ts'
import { delivered, forAll, isMisconfigured } from '../outcomes.ts'
import { withTimeout } from '../timeout.ts'
import { createWriteGate } from '../write-gate.ts'
import { facilities, type SyslogMessageOptions, syslogMessage } from './message.ts'
import { newlineEnded, octetCounted, sendDatagrams, sendStream } from './transport.ts'

/** Longest messages that receivers should take: RFC 5425 §4.3.1, RFC 5426 §3.2. */
const defaultMaxBytes = { tls: 8192, tcp: 8192, udp: 2048 } as const
const defaultPort = { tls: 6514, tcp: 601, udp: 514 } as const

export const syslogSinkSchema = z
  .strictObject({
    ...commonSinkShape,
    ...timeoutShape,
    type: z.literal('syslog'),
    host: z.string().min(1).describe('Name or address of the receiver.'),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('6514 with TLS, 601 with TCP, 514 with UDP, if not given.'),
    transport: z
      .enum(['tls', 'tcp', 'udp'])
      .default('tls')
      .describe('With TCP and UDP anybody on the way can read and forge alerts.'),
    tls: tlsSchema.optional(),
    framing: z
      .enum(['octet-counting', 'newline'])
      .default('octet-counting')
      .describe('How messages are told apart on a connection.'),
    facility: z
      .enum(Object.keys(facilities) as (keyof typeof facilities)[])
      .default('local0')
      .describe('The part of the priority that receivers sort by.'),
    format: z
      .enum(['json', 'text'])
      .default('json')
      .describe('What the message says: the whole alert, or its summary.'),
    hostname: z.string().min(1).optional().describe('HOSTNAME of messages; that of the machine.'),
    structuredDataId: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,20}@[0-9.]{1,11}$/, 'name@enterprise number')
      .default('kubewitness@32473')
      .describe('Name of the structured data, with your private enterprise number.'),
    maxMessageBytes: z
      .int()
      .min(2048)
      .max(65_000)
      .optional()
      .describe('8192 with TLS and TCP, 2048 with UDP, if not given.'),
    confirmByClose: z
      .boolean()
      .default(true)
      .describe('Count as delivered when the receiver has read all and closed its side.'),
  })
  .refine((config) => config.tls === undefined || config.transport === 'tls', {
    message: 'only with transport tls',
    path: ['tls'],
  })

export type SyslogSinkConfig = z.output<typeof syslogSinkSchema>

/** Each batch over a connection of its own, messages in the order of the log. What fails is repeated as a whole. */
export function createSyslogSink(
  config: SyslogSinkConfig,
  { clock }: SinkDependencies,
): Sink<Alert> {
  const { name, transport, host } = config
  const gate = createWriteGate<Alert>(name)
  const messageOptions: SyslogMessageOptions = {
    ...config,
    hostname: config.hostname ?? ownHostname(),
    maxMessageBytes: config.maxMessageBytes ?? defaultMaxBytes[transport],
  }
  const peer = {
    host,
    port: config.port ?? defaultPort[transport],
    awaitsClose: config.confirmByClose,
  }
  const frame = config.framing === 'newline' ? newlineEnded : octetCounted
  let files: TlsFiles | undefined

  const send = async (batch: readonly Alert[], signal: AbortSignal): Promise<Outcome> => {
    const messages = batch.map((alert) => syslogMessage(alert, messageOptions))
    try {
      if (transport === 'tls') files ??= await readTlsFiles(`sink ${name}`, config.tls ?? {})
      const tls = files === undefined ? {} : { tls: files }
      await withTimeout(clock, config.timeoutMs, signal, (bounded) =>
        transport === 'udp'
          ? sendDatagrams(peer, messages, clock, bounded)
          : sendStream({ ...peer, ...tls }, Buffer.concat(messages.map(frame)), clock, bounded),
      )
      return delivered
    } catch (error) {
      const outcome = connectionFault(`sending to sink ${name}`, error)
      if (isMisconfigured(outcome)) files = undefined
      return outcome
    }
  }

  return {
    name,
    limits: { maxItems: 500, maxBytes: 4 * 1024 * 1024, lingerMs: 200 },
    start: async () => {
      if (transport === 'tls') files = await readTlsFiles(`sink ${name}`, config.tls ?? {})
    },
    write: (batch, signal) =>
      gate.run(batch, signal, async (gateSignal) => forAll(batch, await send(batch, gateSignal))),
    stop: (deadline) => gate.stop(deadline),
  }
}
