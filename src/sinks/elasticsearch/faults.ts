import type { Outcome } from '../../contracts.ts'
import { messageOf } from '../../errors.ts'
import { parseRetryAfterMs } from '../http-post.ts'
import {
  busy,
  delivered,
  misconfigured,
  outcomeOfError,
  refused,
  unavailable,
} from '../outcomes.ts'
import { TimedOut } from '../timeout.ts'
import type { ProductWords } from './product.ts'

/** What of an item of a `_bulk` answer is asked for and used. Reasons are not: they quote the values. */
export interface BulkItem {
  readonly status: number
  readonly error?: { readonly type?: string }
}

/** The outcome of one item. A conflict says that it is there already: the document, or this revision or a later one. */
export function itemOutcome(sinkName: string, item: BulkItem, words: ProductWords): Outcome {
  const { status } = item
  if ((status >= 200 && status < 300) || status === 409) return delivered
  const problem = `writing to sink ${sinkName}: ${status} ${item.error?.type ?? ''}`.trimEnd()
  if (item.error?.type === fullDisk) return misconfigured(problem, diskAdvice(words))
  if (status === 429) return busy(problem)
  if (status >= 500 || status === 404) return unavailable(problem)
  if (status === 401 || status === 403) return misconfigured(problem, accessAdvice)
  return refused(problem)
}

/** The outcome of every item when the request as a whole has failed. Never a refusal: no single alert is at fault. */
export function requestOutcome(
  sinkName: string,
  error: unknown,
  nowMs: number,
  words: ProductWords,
): Outcome {
  const action = `writing to sink ${sinkName}`
  if (isNamed(error, 'ProductNotSupportedError')) {
    return misconfigured(`${action}: ${words.stranger.problem}`, words.stranger.next)
  }
  if (isResponseError(error)) return responseOutcome(action, error, nowMs, words)
  if (isNamed(error, 'ConnectionError') && /certificate|signature|tls|ssl/i.test(error.message)) {
    return misconfigured(
      `${action}: ${messageOf(error)}`,
      'set tls.caFile to the authority that signed the certificate of the server, and name the node as the certificate does',
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

/** A 429, or 403, that says nothing of load: an index takes no writes, mostly because a disk is full. */
const fullDisk = 'cluster_block_exception'
function diskAdvice({ name }: ProductWords): string {
  return `make room on the disks of ${name}, or take the block off the index; it goes on by itself then`
}

/** True of the answer to an item that says: too much at a time. */
export function isOverloadedItem({ status, error }: BulkItem): boolean {
  return status === 429 && error?.type !== fullDisk
}

/** True when the whole request was refused because of too much at a time; the client itself does not repeat a 429. */
export function isOverload(error: unknown): boolean {
  return isResponseError(error) && error.statusCode === 429 && typeOf(error) !== fullDisk
}

/** True when there is no such thing. */
export function isAbsent(error: unknown): boolean {
  return isResponseError(error) && error.statusCode === 404
}

/** True when the credentials do not allow it. */
export function isForbidden(error: unknown): boolean {
  return isResponseError(error) && error.statusCode === 403
}

/** True when the body was too large for the server. */
export function isTooLarge(error: unknown): boolean {
  return isResponseError(error) && error.statusCode === 413
}

const accessAdvice =
  'check the credentials; `kubewitness sinks setup --export` says which privileges they need'

function responseOutcome(
  action: string,
  error: ResponseError,
  nowMs: number,
  words: ProductWords,
): Outcome {
  const status = error.statusCode ?? 0
  const problem = `${action}: ${status} ${typeOf(error) ?? ''}`.trimEnd()
  if (typeOf(error) === fullDisk) return misconfigured(problem, diskAdvice(words))
  if (status === 401 || status === 403) return misconfigured(problem, accessAdvice)
  // OpenSearch does not know the media types of Elasticsearch.
  if (status === 406) return misconfigured(problem, words.stranger.next)
  if (status === 408 || status === 429 || status >= 500) {
    const header = error.headers?.['retry-after']
    const afterMs = parseRetryAfterMs(typeof header === 'string' ? header : null, nowMs)
    return status === 429 ? busy(problem, afterMs) : unavailable(problem, afterMs)
  }
  return misconfigured(problem, words.nodesAdvice)
}

function typeOf(error: unknown): string | undefined {
  if (!isResponseError(error)) return undefined
  const body: unknown = error.body
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined
  const inner = body.error
  if (typeof inner !== 'object' || inner === null || !('type' in inner)) return undefined
  return typeof inner.type === 'string' ? inner.type : undefined
}

/** What both clients have for an answer of 400 or more. */
interface ResponseError extends Error {
  readonly statusCode?: number
  readonly headers?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

/** Errors of both clients, told by name, so that no library is loaded for the sake of its classes. */
const clientErrorNames = new Set([
  'ElasticsearchClientError',
  'OpenSearchClientError',
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

function isResponseError(error: unknown): error is ResponseError {
  return isNamed(error, 'ResponseError')
}
