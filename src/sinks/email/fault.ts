import { connectionFault } from '../connection-fault.ts'
import { misconfigured, refused, unavailable } from '../outcomes.ts'
import type { Verdict } from '../parts.ts'

/** An error of nodemailer: its own code, and the number of the server's reply if there was one. */
interface MailError extends Error {
  readonly code: string
  readonly responseCode?: number
}

/** What became of a mail. Of replies only the number is quoted: their texts repeat names and addresses. */
export function smtpVerdict(action: string, error: unknown): Verdict {
  if (!isMailError(error)) return { outcome: connectionFault(action, error) }
  const { code, responseCode } = error
  const problem = `${action}: ${code}${responseCode === undefined ? '' : ` ${responseCode}`}`
  const isForNow = responseCode !== undefined && responseCode < 500
  if (isForNow) return { outcome: unavailable(problem) }
  switch (code) {
    case 'EAUTH':
    case 'ENOAUTH':
      return { outcome: misconfigured(problem, 'check username and password; the alerts are kept') }
    case 'EENVELOPE':
      return {
        outcome: misconfigured(
          problem,
          'the server takes no mail from or to these addresses: check from and to; the alerts are kept',
        ),
      }
    case 'EMESSAGE':
      return responseCode === undefined
        ? { outcome: unavailable(problem) }
        : { outcome: refused(problem), mayBeOneItem: true }
    case 'ETLS':
    case 'EREQUIRETLS':
    case 'EPROTOCOL':
      return { outcome: misconfigured(problem, tlsAdvice) }
    default:
      return /certificate|self.signed|altnames/i.test(error.message)
        ? { outcome: misconfigured(problem, tlsAdvice) }
        : { outcome: unavailable(problem) }
  }
}

const tlsAdvice =
  'check security, port and tls.caFile, and that host is a name in the certificate of the server'

function isMailError(error: unknown): error is MailError {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    // Codes of the system, of which ETIMEDOUT is one too, have a number.
    /^E[A-Z]+$/.test(error.code) &&
    !('errno' in error)
  )
}
