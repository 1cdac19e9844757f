import { messageOf } from '../../errors.ts'
import { connectionFault } from '../connection-fault.ts'
import { misconfigured, outcomeOfError, refused, unavailable } from '../outcomes.ts'
import type { Verdict } from '../parts.ts'
import { TimedOut } from '../timeout.ts'

/** Codes of the protocol (kafka.apache.org/protocol, "Error Codes") that are about the messages. */
const aboutMessages = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'CORRUPT_MESSAGE',
])

const notAllowed =
  /_AUTHORIZATION_FAILED$|^SASL_AUTHENTICATION_FAILED$|^UNSUPPORTED_SASL_MECHANISM$/

/** What a failed send means, by the broker's code. Messages of the client quote addresses, and are not passed on. */
export function kafkaVerdict(action: string, topic: string, error: unknown): Verdict {
  if (error instanceof TimedOut) return { outcome: unavailable(`${action}: ${error.message}`) }
  const type = typeOf(error) ?? ''
  const problem = `${action}: ${type}`
  if (aboutMessages.has(type)) return { outcome: refused(problem), mayBeOneItem: true }
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION' || type === 'INVALID_TOPIC_EXCEPTION') {
    const next = `make the topic ${topic}, or correct its name; the alerts are kept`
    return { outcome: misconfigured(problem, next) }
  }
  if (notAllowed.test(type) || isNamed(error, 'KafkaJSSASLAuthenticationError')) {
    const next = 'check sasl, and that the user may write to the topic; the alerts are kept'
    return { outcome: misconfigured(`${action}: ${type || 'not authenticated'}`, next) }
  }
  if (type !== '') return { outcome: unavailable(problem) }
  if (!isNamed(error, 'KafkaJS')) {
    return error instanceof Error && 'code' in error && typeof error.code === 'string'
      ? { outcome: connectionFault(action, error) }
      : { outcome: outcomeOfError(action, error) }
  }
  if (/certificate|self.signed|altnames/i.test(messageOf(error))) {
    return {
      outcome: misconfigured(
        `${action}: a certificate is not accepted`,
        'set tls.caFile to the authority that signed those of the brokers, name the brokers as they do, and give tls.certFile if they ask for one',
      ),
    }
  }
  return { outcome: unavailable(`${action}: the brokers cannot be reached`) }
}

/** Of the error or what it was made of: kafkajs wraps the last of its attempts. */
function typeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('type' in error && typeof error.type === 'string') return error.type
  return typeOf(error.cause)
}

function isNamed(error: unknown, start: string): boolean {
  if (!(error instanceof Error)) return false
  return error.name.startsWith(start) || isNamed(error.cause, start)
}
