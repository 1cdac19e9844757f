import type { Outcome } from '../contracts.ts'
import { KubewitnessError } from '../errors.ts'
import { errorCodeOf } from '../util/error-code.ts'
import { isTlsFault } from '../util/tls-files.ts'
import { misconfigured, outcomeOfError, unavailable } from './outcomes.ts'
import { TimedOut } from './timeout.ts'

/** The connection was lost for this reason: the code of an error, or our own words. */
export function lostConnection(action: string, reason: string): Outcome {
  if (!isTlsFault(reason)) return unavailable(`${action}: ${reason}`)
  return misconfigured(
    `${action}: ${reason}`,
    'set tls.caFile to the authority that signed the certificate of the server, and name the host as the certificate does',
  )
}

/** What became of a connection as an outcome. Only codes and our own words are passed on: messages quote addresses. */
export function connectionFault(action: string, error: unknown): Outcome {
  if (error instanceof TimedOut) return unavailable(`${action}: ${error.message}`)
  if (error instanceof KubewitnessError) return outcomeOfError(action, error)
  const code = String(errorCodeOf(error) ?? '')
  return lostConnection(action, code || 'the connection was lost')
}
