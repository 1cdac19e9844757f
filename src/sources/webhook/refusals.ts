import { KubewitnessError } from '../../errors.ts'
import type { Answer } from './answer.ts'

/*
 * An API server repeats a failed batch four times, some 10 s apart, whatever the status, and then loses it. Only 429
 * and 5xx with a whole number of seconds in Retry-After make it come back soon, up to ten times within 30 s.
 */

export const unknownPath: Answer = { status: 404, reason: 'post audit events to /audit/<cluster>' }

export const wrongMethod: Answer = {
  status: 405,
  reason: 'only POST is answered here',
  headers: { allow: 'POST' },
}

export const unauthenticated: Answer = {
  status: 401,
  reason:
    "token missing or wrong for this path: check the token in the API server's audit webhook kubeconfig, and that its server is https",
  headers: { 'www-authenticate': 'Bearer realm="kubewitness"' },
}

export const unknownCluster: Answer = {
  status: 404,
  reason: 'no such cluster: add it to webhook.clusters, or correct the path in the kubeconfig',
}

export const unsupportedEncoding: Answer = {
  status: 415,
  reason: 'send the body as it is or with Content-Encoding: gzip',
  headers: { 'accept-encoding': 'gzip, identity' },
}

export const tooSlow: Answer = {
  status: 408,
  reason: 'the body did not arrive in time: send it again',
}

export const stopping: Answer = {
  status: 503,
  reason: 'shutting down: send it again',
  headers: { 'retry-after': '1' },
}

export function tooLarge(bytes: number, limitBytes: number): Answer {
  return {
    status: 413,
    reason: `body of ${bytes} bytes or more is over the limit of ${limitBytes}: use --audit-webhook-truncate-enabled or lower --audit-webhook-batch-max-size`,
    // A client that reads only when it has sent all would never see the reason.
    discardBytes: 8 * limitBytes,
  }
}

export function noRoom(retryAfterSeconds: number, maxBodyBytes: number): Answer {
  return {
    status: 429,
    reason: 'too many bytes in flight: send it again',
    headers: { 'retry-after': String(retryAfterSeconds) },
    discardBytes: maxBodyBytes,
  }
}

/** For whatever `consume` rejected with. */
export function notTaken(error: unknown): Answer {
  const isBusy = error instanceof KubewitnessError && error.retryable
  const seconds = isBusy ? Math.ceil((error.retryAfterMs ?? 2000) / 1000) : 5
  return {
    status: 503,
    reason: isBusy ? 'full or busy: send it again' : 'not stored, see the log: send it again',
    headers: { 'retry-after': String(Math.min(5, Math.max(1, seconds))) },
  }
}
