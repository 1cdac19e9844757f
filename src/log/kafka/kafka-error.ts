import { KubewitnessError, messageOf } from '../../errors.ts'

/** `type` of the errors that a broker answers with, or the code of a socket's. */
export function kafkaErrorType(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('type' in error && typeof error.type === 'string') return error.type
  if (error.cause !== undefined) return kafkaErrorType(error.cause)
  return undefined
}

const forbidden = /_AUTHORIZATION_FAILED$|SASL_AUTHENTICATION_FAILED/

/** What a failed request means to the caller: come back later, or mend something. */
export function kafkaError(doing: string, error: unknown): KubewitnessError {
  if (error instanceof KubewitnessError) return error
  const type = kafkaErrorType(error) ?? ''
  const isForbidden =
    forbidden.test(type) || (error instanceof Error && /SASL|authenticat/i.test(error.name))
  if (isForbidden) {
    return new KubewitnessError('log.permission', `${doing} (${messageOf(error)})`, {
      next: 'see log.sasl, and what docs/kafka.md says the user must be allowed',
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
