import { KubewitnessError, messageOf } from '../../errors.ts'
import { isTlsFault } from '../../util/tls-files.ts'

/** `type` of the errors that a broker answers with. */
export function kafkaErrorType(error: unknown): string | undefined {
  return textOf(error, 'type')
}

function textOf(error: unknown, name: 'type' | 'code'): string | undefined {
  if (!(error instanceof Error)) return undefined
  // One of these is what kafkajs or Node.js calls it.
  const text = (error as Partial<Record<'type' | 'code', unknown>>)[name]
  if (typeof text === 'string') return text
  return error.cause === undefined ? undefined : textOf(error.cause, name)
}

const forbidden = /_AUTHORIZATION_FAILED$|SASL_AUTHENTICATION_FAILED/

/** What a failed request means to the caller: come back later, or mend something. */
export function kafkaError(doing: string, error: unknown): KubewitnessError {
  if (error instanceof KubewitnessError) return error
  const type = kafkaErrorType(error) ?? ''
  const isForbidden = forbidden.test(type) || isRefusedLogin(error)
  if (isForbidden) {
    return new KubewitnessError('log.permission', `${doing} (${messageOf(error)})`, {
      next: 'see log.sasl, and what docs/kafka.md says the user must be allowed',
      cause: error,
    })
  }
  if (isTlsFault(textOf(error, 'code') ?? '')) {
    return new KubewitnessError('tls.invalid', `${doing} (${messageOf(error)})`, {
      next: 'set log.tls.caFile to the authority that signed the certificates of the brokers, and name them in log.brokers as their certificates do',
      cause: error,
    })
  }
  if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE') {
    return new KubewitnessError('log.failed', `${doing} (${messageOf(error)})`, {
      next: 'raise max.message.bytes of the topic; docs/kafka.md has the value',
      cause: error,
    })
  }
  return new KubewitnessError('log.failed', `${doing} (${messageOf(error)})`, {
    retryable: true,
    retryAfterMs: 1000,
    next: 'see that the brokers in log.brokers are up and can be reached',
    cause: error,
  })
}

/** What kafkajs calls a login that was refused, or that it cannot make. */
function isRefusedLogin(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return /SASL|authenticat/i.test(error.name) || isRefusedLogin(error.cause)
}

/** The broker knows the producer no more, or what it had of it: the batch is not stored, and a new one may begin. */
export function isForgottenProducer(error: unknown): boolean {
  return forgottenTypes.has(kafkaErrorType(error) ?? '')
}

const forgottenTypes = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
])

/** A broker has said no, for good; not: was it reached, and has it stored something. */
export function isRefusal(error: unknown): boolean {
  return (
    error instanceof Error &&
    error.name === 'KafkaJSProtocolError' &&
    'retriable' in error &&
    error.retriable === false
  )
}

const fencedTypes = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
  'TRANSACTIONAL_ID_NOT_FOUND',
])

/** Another process has taken over the transactional id, or the broker has given up a transaction that took too long. */
export function isFenced(error: unknown): boolean {
  return fencedTypes.has(kafkaErrorType(error) ?? '')
}
