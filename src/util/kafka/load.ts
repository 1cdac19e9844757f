import { createRequire } from 'node:module'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Kafka, KafkaConfig, RetryOptions } from 'kafkajs'
import type { Logger } from '../../contracts.ts'
import { connectOnce } from './connect-once.ts'
import type { KafkaConnection } from './connection.ts'
import { mendRequestQueue } from './request-queue.ts'

/** kafkajs, mended and knowing zstd. Loaded by whoever uses it, so that nobody else pays for it. */
export interface LoadedKafka {
  readonly kafka: Kafka
  readonly config: KafkaConfig
  readonly compression: { readonly none: number; readonly gzip: number; readonly zstd: number }
}

export async function loadKafka(
  connection: KafkaConnection,
  retry: RetryOptions,
  logger: Logger,
): Promise<LoadedKafka> {
  const kafkajs = await import('kafkajs')
  const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs.default ?? kafkajs
  const require = createRequire(import.meta.url)
  mendRequestQueue(require('kafkajs/src/network/requestQueue'))
  connectOnce(require('kafkajs/src/network/connection'))
  // Also for those who only read: kafkajs knows gzip by itself.
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async (encoder: { buffer: Buffer }) => zstdCompressSync(encoder.buffer),
    decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
  })
  const config: KafkaConfig = {
    brokers: [...connection.brokers],
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
  }
}

/** What kafkajs calls an error is mostly an attempt that it repeats: a warning here, and the caller says what failed. */
function toLogger(logger: Logger) {
  return ({ namespace, log }: { namespace: string; log: { message: string } }): void => {
    if (log.message.startsWith('Limiting retries')) return // By intent: whoever sends repeats.
    logger.debug('The Kafka client says', { part: namespace, message: log.message })
  }
}
