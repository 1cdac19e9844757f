import { createRequire } from 'node:module'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { AssignerProtocol, Kafka, KafkaConfig, RetryOptions } from 'kafkajs'
import type { Logger } from '../../contracts.ts'
import { connectOnce } from './connect-once.ts'
import type { KafkaConnection } from './connection.ts'
import { mendRequestQueue } from './request-queue.ts'
import { createSockets, type Sockets } from './sockets.ts'

/** kafkajs, mended and knowing zstd. Loaded by whoever uses it, so that nobody else pays for it. */
export interface LoadedKafka {
  readonly kafka: Kafka
  readonly config: KafkaConfig
  readonly compression: { readonly none: number; readonly gzip: number; readonly zstd: number }
  readonly groupProtocol: typeof AssignerProtocol
  readonly sockets: Sockets
  /**
   * Ends every connection and every attempt at one, within a second: kafkajs itself goes on with what it has begun for as long as
   * its retries last, and keeps the process from ending.
   */
  close(): void
}

export async function loadKafka(
  connection: KafkaConnection,
  retry: RetryOptions,
  logger: Logger,
): Promise<LoadedKafka> {
  const kafkajs = await import('kafkajs')
  const { AssignerProtocol, CompressionCodecs, CompressionTypes, Kafka, logLevel } =
    kafkajs.default ?? kafkajs
  const require = createRequire(import.meta.url)
  mendRequestQueue(require('kafkajs/src/network/requestQueue'))
  connectOnce(require('kafkajs/src/network/connection'))
  // Also for those who only read: kafkajs knows gzip by itself.
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async (encoder: { buffer: Buffer }) => zstdCompressSync(encoder.buffer),
    decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
  })
  const sockets = createSockets()
  let isClosed = false
  const config: KafkaConfig = {
    // Without brokers an attempt to connect is not repeated.
    brokers: () => (isClosed ? [] : [...connection.brokers]),
    socketFactory: sockets.open,
    clientId: connection.clientId,
    ...(connection.ssl && { ssl: connection.ssl }),
    ...(connection.sasl && { sasl: connection.sasl }),
    connectionTimeout: 3000,
    requestTimeout: 30_000,
    retry,
    logLevel: logLevel.WARN,
    logCreator: () => toLogger(logger),
  }
  return {
    kafka: new Kafka(config),
    config,
    compression: {
      none: CompressionTypes.None,
      gzip: CompressionTypes.GZIP,
      zstd: CompressionTypes.ZSTD,
    },
    groupProtocol: AssignerProtocol,
    sockets,
    close: () => {
      isClosed = true
      sockets.cut()
    },
  }
}

/** What kafkajs calls an error is mostly an attempt that it repeats: a warning here, and the caller says what failed. */
function toLogger(logger: Logger) {
  return ({ namespace, log }: { namespace: string; log: { message: string } }): void => {
    if (log.message.startsWith('Limiting retries')) return // By intent: whoever sends repeats.
    logger.debug('The Kafka client says', { part: namespace, message: log.message })
  }
}
