import type { Outcome } from '../contracts.ts'
import { KubewitnessError } from '../errors.ts'
import { misconfigured, outcomeOfError, unavailable } from './outcomes.ts'
import { TimedOut } from './timeout.ts'

/** Codes that Node.js and OpenSSL give to certificates that are not accepted, theirs or ours. */
const certificateCode = /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|_ALERT_|WRONG_VERSION_NUMBER/

/** The connection was lost for this reason: the code of an error, or our own words. */
export function lostConnection(action: string, reason: string): Outcome {
  if (!certificateCode.test(reason)) return unavailable(`${action}: ${reason}`)
  return misconfigured(
    `${action}: ${reason}`,
    'set tls.caFile to the authority that signed the certificate of the server, and name the host as the certificate does',
  )
}

/** What became of a connection as an outcome. Only codes and our own words are passed on: messages quote addresses. */
export function connectionFault(action: string, error: unknown): Outcome {
  if (error instanceof TimedOut) return unavailable(`${action}: ${error.message}`)
  if (error instanceof KubewitnessError) return outcomeOfError(action, error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return lostConnection(action, code || 'the connection was lost')
}
