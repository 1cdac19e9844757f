import kafkajs from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { KubewitnessError, messageOf } from '../../../src/errors.ts'
import { kafkaVerdict } from '../../../src/sinks/kafka/fault.ts'
import { TimedOut } from '../../../src/sinks/timeout.ts'

/** What kafkajs throws in the end: its last attempt's error, wrapped when no more are made. */
function afterAttempts(cause: Error): Error {
  return new kafkajs.KafkaJSNumberOfRetriesExceeded(cause, { retryCount: 3, retryTime: 100 })
}
const broker = '10.0.0.7:9092'
const protocol = (type: string) =>
  Object.assign(new Error(`${type} at ${broker}`), { name: 'KafkaJSProtocolError', type, code: 1 })
const connection = (text: string) =>
  Object.assign(new Error(`Connection error: ${text} ${broker}`), {
    name: 'KafkaJSConnectionError',
    broker,
  })

describe('what a failed send to Kafka means', () => {
  it.each([
    ['MESSAGE_TOO_LARGE', protocol('MESSAGE_TOO_LARGE'), 'rejected', true, 'MESSAGE_TOO_LARGE'],
    ['a rule of the topic', protocol('INVALID_RECORD'), 'rejected', true, 'INVALID_RECORD'],
    [
      'too few replicas',
      afterAttempts(protocol('NOT_ENOUGH_REPLICAS')),
      'retry',
      false,
      'NOT_ENOUGH_REPLICAS',
    ],
    ['no topic', protocol('UNKNOWN_TOPIC_OR_PARTITION'), 'retry', false, 'make the topic alerts'],
    ['no right', protocol('TOPIC_AUTHORIZATION_FAILED'), 'retry', false, 'may write to the topic'],
    [
      'no login',
      Object.assign(new Error('no'), { name: 'KafkaJSSASLAuthenticationError' }),
      'retry',
      false,
      'not authenticated; check sasl',
    ],
    [
      'no broker',
      afterAttempts(connection('ECONNREFUSED')),
      'retry',
      false,
      'the brokers cannot be reached',
    ],
    [
      'a strange certificate',
      afterAttempts(connection('self-signed certificate')),
      'retry',
      false,
      'a certificate is not accepted; set tls.caFile',
    ],
    ['no answer', new TimedOut(7), 'retry', false, 'no answer in 7 ms'],
    [
      'a secret that is gone',
      new KubewitnessError('config.secret', 'cannot read it', { next: 'write it' }),
      'retry',
      false,
      'cannot read it; write it',
    ],
  ])('%s', (_, error, status, mayBeOneItem, words) => {
    const verdict = kafkaVerdict('sending to sink bus', 'alerts', error)
    expect([verdict.outcome.status, verdict.mayBeOneItem ?? false]).toEqual([status, mayBeOneItem])
    const text = 'error' in verdict.outcome ? messageOf(verdict.outcome.error) : ''
    expect(text).toContain(words)
    expect(text).not.toContain(broker)
  })
})
