import type { KafkaConfig, SASLOptions } from 'kafkajs'

/** How the brokers are reached, with secrets and certificates read. */
export interface KafkaConnection {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly ssl?: KafkaConfig['ssl']
  readonly sasl?: SASLOptions
}
