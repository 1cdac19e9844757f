import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { type ClientHttp2Session, connect } from 'node:http2'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

/** Where and as whom bodies are posted. `ca`, `cert` and `key` are PEM. */
export interface PostTarget {
  readonly url: string
  readonly protocol: 'h2' | 'h1'
  readonly token?: string
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** Go's client says nothing secret over plain http; true does it all the same. */
  readonly tokenOverPlainHttp?: boolean
}

export interface PostAnswer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly contentType: string | undefined
  readonly bodyBytes: number
}

/** One way of carrying a POST. Rejects when the connection fails or the signal aborts. */
export interface Poster {
  /** Connections made so far. */
  readonly dials: number
  post(body: Uint8Array, signal: AbortSignal): Promise<PostAnswer>
  /** No new request goes over the connections there are; those under way may end. The next `post` dials. */
  retire(): void
  /** Ends all connections, and what is under way with them. */
  close(): void
}

/**
 * Posts as Go's client does for the audit webhook: the path of the URL with `?timeout=30s` in place of its query,
 * exactly the recorded headers, HTTP/2 over one connection or HTTP/1.1 over kept ones, the answer read in full.
 * Redirects are not followed.
 */
export function createPoster(target: PostTarget): Poster {
  const url = new URL(target.url)
  if (target.protocol === 'h1') return createH1Poster(url, target)
  if (url.protocol !== 'https:') throw new Error('HTTP/2 is spoken over https only')
  return createH2Poster(url, target)
}

function pathOf(url: URL): string {
  return `${url.pathname === '/' ? '/' : url.pathname.replace(/\/$/, '')}?timeout=30s`
}

function headersOf(
  url: URL,
  target: PostTarget,
  bodyBytes: number,
  version: string,
): Record<string, string> {
  const mayAuthorize = url.protocol === 'https:' || target.tokenOverPlainHttp === true
  return {
    'User-Agent': `Go-http-client/${version}`,
    'Content-Length': String(bodyBytes),
    Accept: 'application/json, */*',
    ...(target.token !== undefined && mayAuthorize
      ? { Authorization: `Bearer ${target.token}` }
      : {}),
    'Content-Type': 'application/json',
    'Accept-Encoding': 'gzip',
  }
}

function tlsOf({ ca, cert, key }: PostTarget): { ca?: string; cert?: string; key?: string } {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}

function createH2Poster(url: URL, target: PostTarget): Poster {
  let session: ClientHttp2Session | undefined
  const open = new Set<ClientHttp2Session>()
  let dials = 0
  const usableSession = () => {
    if (session !== undefined && !session.closed && !session.destroyed) return session
    dials++
    const dialled = connect(url.origin, {
      ...tlsOf(target),
      minVersion: 'TLSv1.2',
      settings: { enablePush: false },
      // In megabytes. A body that waits to be sent counts, and past the limit Node refuses the headers of its own answer.
      maxSessionMemory: 1024,
    })
    // Every open stream reports the error of its session; without a listener it would end the process.
    dialled.on('error', () => undefined)
    dialled.on('close', () => open.delete(dialled))
    open.add(dialled)
    session = dialled
    return dialled
  }
  const post = (body: Uint8Array, signal: AbortSignal) =>
    new Promise<PostAnswer>((resolve, reject) => {
      signal.throwIfAborted()
      const headers = headersOf(url, target, body.length, '2.0')
      const stream = usableSession().request(
        { ':method': 'POST', ':path': pathOf(url), ...headers },
        { signal },
      )
      let answer: Omit<PostAnswer, 'bodyBytes'> | undefined
      let bodyBytes = 0
      stream.on('response', (fields) => {
        answer = {
          status: Number(fields[':status']),
          retryAfter: fields['retry-after'],
          contentType: fields['content-type'],
        }
      })
      stream.on('data', (chunk: Buffer) => {
        bodyBytes += chunk.length
      })
      stream.on('end', () => {
        if (answer !== undefined && stream.rstCode === 0) resolve({ ...answer, bodyBytes })
      })
      stream.on('error', (error) => reject(signal.aborted ? signal.reason : error))
      stream.on('close', () => reject(new Error('the stream was closed before the whole answer')))
      stream.end(body)
    })
  return {
    get dials() {
      return dials
    },
    post,
    retire: () => {
      session?.close()
      session = undefined
    },
    close: () => {
      for (const each of open) each.destroy()
    },
  }
}

function createH1Poster(url: URL, target: PostTarget): Poster {
  const isTls = url.protocol === 'https:'
  const agentOptions = { keepAlive: true, maxFreeSockets: 25, scheduling: 'lifo' } as const
  const agent = isTls ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions)
  let dials = 0
  const post = (body: Uint8Array, signal: AbortSignal) =>
    new Promise<PostAnswer>((resolve, reject) => {
      signal.throwIfAborted()
      const request = (isTls ? httpsRequest : httpRequest)({
        ...tlsOf(target),
        agent,
        method: 'POST',
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
        path: pathOf(url),
        headers: headersOf(url, target, body.length, '1.1'),
        signal,
        ...(isTls ? { minVersion: 'TLSv1.2' as const } : {}),
      })
      // Go leaves the header out: keeping the connection is what HTTP/1.1 does without it.
      request.removeHeader('connection')
      request.on('socket', () => {
        if (!request.reusedSocket) dials++
      })
      request.on('error', (error) => reject(signal.aborted ? signal.reason : error))
      request.on('response', (response) => {
        readAnswer(response).then(resolve, (error: unknown) =>
          reject(signal.aborted ? signal.reason : error),
        )
      })
      request.end(body)
    })
  return {
    get dials() {
      return dials
    },
    post,
    // A request that is given up takes its connection with it, and no other uses that one.
    retire: () => undefined,
    close: () => agent.destroy(),
  }
}

async function readAnswer(response: IncomingMessage): Promise<PostAnswer> {
  let bodyBytes = 0
  for await (const chunk of response) bodyBytes += (chunk as Buffer).length // no encoding is set, so chunks are buffers
  return {
    status: response.statusCode ?? 0,
    retryAfter: response.headers['retry-after'],
    contentType: response.headers['content-type'],
    bodyBytes,
  }
}
