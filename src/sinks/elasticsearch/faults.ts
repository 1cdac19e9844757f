import type { errors } from '@elastic/elasticsearch'
import type { Outcome } from '../../contracts.ts'
import { messageOf } from '../../errors.ts'
import { parseRetryAfterMs } from '../http-post.ts'
import { delivered, misconfigured, outcomeOfError, refused, unavailable } from '../outcomes.ts'
import { TimedOut } from '../timeout.ts'

/** What of an item of a `_bulk` answer is asked for and used. Reasons are not: they quote the values. */
export interface BulkItem {
  readonly status: number
  readonly error?: { readonly type?: string }
}

/** The outcome of one item. A version conflict says that this revision or a later one is there already. */
export function itemOutcome(sinkName: string, item: BulkItem): Outcome {
  const { status } = item
  if ((status >= 200 && status < 300) || status === 409) return delivered
  const problem = `writing to sink ${sinkName}: ${status} ${item.error?.type ?? ''}`.trimEnd()
  if (status === 429 || status >= 500 || status === 404) return unavailable(problem)
  if (status === 401 || status === 403) return misconfigured(problem, accessAdvice)
  return refused(problem)
}

/** The outcome of every item when the request as a whole has failed. Never a refusal: no single alert is at fault. */
export function requestOutcome(sinkName: string, error: unknown, nowMs: number): Outcome {
  const action = `writing to sink ${sinkName}`
  if (isNamed(error, 'ProductNotSupportedError')) {
    return misconfigured(
      `${action}: the server does not say that it is Elasticsearch`,
      'point nodes at Elasticsearch 8 or later; OpenSearch and proxies that drop the header x-elastic-product are not supported',
    )
  }
  if (isResponseError(error)) return responseOutcome(action, error, nowMs)
  if (isNamed(error, 'ConnectionError') && /certificate|tls|ssl/i.test(error.message)) {
    return misconfigured(
      `${action}: ${messageOf(error)}`,
      'set tls.caFile to the authority that signed the certificate of the server',
    )
  }
  if (isNamed(error, 'RequestAbortedError')) {
    return unavailable(`${action}: stopped while waiting`)
  }
  if (isClientError(error) || error instanceof TimedOut) {
    return unavailable(`${action}: ${messageOf(error)}`)
  }
  return outcomeOfError(action, error)
}

/** True when the body was too large for the server. */
export function isTooLarge(error: unknown): boolean {
  return isResponseError(error) && error.statusCode === 413
}

/** True when an index was to be made and somebody else has made it. */
export function isAlreadyThere(error: unknown): boolean {
  return typeOf(error) === 'resource_already_exists_exception'
}

const accessAdvice =
  'check the credentials; they need the index privileges manage and index on kubewitness-alerts-*'

function responseOutcome(action: string, error: errors.ResponseError, nowMs: number): Outcome {
  const status = error.statusCode ?? 0
  const problem = `${action}: ${status} ${typeOf(error) ?? ''}`.trimEnd()
  if (status === 401 || status === 403) return misconfigured(problem, accessAdvice)
  if (status === 408 || status === 429 || status >= 500) {
    const header = error.headers?.['retry-after']
    return unavailable(problem, parseRetryAfterMs(header ?? null, nowMs))
  }
  return misconfigured(problem, 'check that nodes are addresses of Elasticsearch 8 or later')
}

function typeOf(error: unknown): string | undefined {
  if (!isResponseError(error)) return undefined
  const body: unknown = error.body
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined
  const inner = body.error
  if (typeof inner !== 'object' || inner === null || !('type' in inner)) return undefined
  return typeof inner.type === 'string' ? inner.type : undefined
}

/** Errors of the client, told by name, so that the library is not loaded for the sake of its classes. */
const clientErrorNames = new Set([
  'ElasticsearchClientError',
  'TimeoutError',
  'ConnectionError',
  'NoLivingConnectionsError',
  'SerializationError',
  'DeserializationError',
  'ConfigurationError',
  'ResponseError',
  'RequestAbortedError',
  'ProductNotSupportedError',
])

function isClientError(error: unknown): error is Error {
  return error instanceof Error && clientErrorNames.has(error.name)
}

function isNamed(error: unknown, name: string): error is Error {
  return error instanceof Error && error.name === name
}

function isResponseError(error: unknown): error is errors.ResponseError {
  return isNamed(error, 'ResponseError')
}
