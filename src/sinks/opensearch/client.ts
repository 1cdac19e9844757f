import type { ClientRequest } from 'node:http'
import type { ApiResponse, ClientOptions, Connection } from '@opensearch-project/opensearch'
import type { ReadSecret } from '../../util/secret.ts'
import { readTlsFiles } from '../../util/tls-files.ts'
import { readLogin } from '../elasticsearch/client.ts'
import type { SearchClient } from '../elasticsearch/product.ts'
import type { OpensearchSinkConfig } from './config.ts'

export async function connect(
  config: OpensearchSinkConfig,
  readSecret: ReadSecret,
): Promise<SearchClient> {
  const options = await clientOptions(config, readSecret)
  // Loaded when it is needed, as that of Elasticsearch.
  const library = await import('@opensearch-project/opensearch')
  const client = new library.Client({ ...options, Connection: silent(library.Connection) })
  const ask = async (
    request: Parameters<typeof client.transport.request>[0],
    signal: AbortSignal,
  ): Promise<unknown> => {
    signal.throwIfAborted()
    const asked = client.transport.request(request)
    const abort = (): void => void asked.abort()
    signal.addEventListener('abort', abort, { once: true })
    try {
      return bodyOf(await asked)
    } catch (error) {
      throw isOfElasticsearch(error) ? new ProductNotSupportedError() : error
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }
  return {
    bulk: async (lines, signal) => {
      const querystring = { filter_path: 'items.*.status,items.*.error.type' }
      const answer = await ask(
        { method: 'POST', path: '/_bulk', querystring, bulkBody: [...lines] },
        signal,
      )
      return isObject(answer) ? answer : {}
    },
    request: (request, signal) => ask({ ...request }, signal),
    close: () => client.close(),
  }
}

/** One attempt a request, nothing but our requests: no discovery of nodes, no pings. */
export async function clientOptions(
  config: OpensearchSinkConfig,
  readSecret: ReadSecret,
): Promise<ClientOptions> {
  const auth = await readLogin(config, readSecret)
  return {
    nodes: [...config.nodes],
    maxRetries: 0,
    resurrectStrategy: 'optimistic',
    // Our own clock cuts a request off; this is behind it, for the case that a socket does not obey.
    requestTimeout: config.timeoutMs + 5_000,
    ...(config.compression ? { compression: 'gzip' } : {}),
    ...(auth === undefined ? {} : { auth }),
    ssl: await readTlsFiles(`sink ${config.name}`, config.tls),
  }
}

/** Named as the error of Elastic's client that means the same. */
class ProductNotSupportedError extends Error {
  override readonly name = 'ProductNotSupportedError'
}

/** Elasticsearch would take what we write, in fields of other types. The client does not look, but every answer says what it is from. */
function bodyOf({ headers, body }: ApiResponse): unknown {
  if (headers?.['x-elastic-product'] !== undefined) throw new ProductNotSupportedError()
  return body
}

function isOfElasticsearch(error: unknown): boolean {
  if (!(error instanceof Error) || !('headers' in error)) return false
  return isObject(error.headers) && 'x-elastic-product' in error.headers
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** The client prints errors of a connection that come after the head of an answer on standard output, which is for alerts. They are told by the answer too. */
function silent(Base: typeof Connection): typeof Connection {
  return class extends Base {
    override request(...[params, callback]: Parameters<Connection['request']>): ClientRequest {
      const request = super.request(params, (error, response) => {
        if (response !== null) request.removeAllListeners('error').on('error', () => undefined)
        callback(error, response)
      })
      return request
    }
  }
}
