import { type FastifyInstance, fastify } from 'fastify'
import type { Component, Logger } from '../contracts.ts'
import { KubewitnessError, messageOf } from '../errors.ts'
import { errorCodeOf } from '../util/error-code.ts'
import { isLoopback, parseListen } from '../util/listen.ts'
import { visibleText } from '../util/visible-text.ts'
import type { AdminToken } from './admin-token.ts'
import { renderAlertPage } from './alert-page.ts'
import type { AlertQuery } from './alert-query.ts'
import type { AdminConfig } from './config.ts'
import type { ClusterCoverage } from './coverage.ts'
import { isLoopbackHost } from './host-check.ts'
import { openApiDocument } from './openapi.ts'
import { renderPage } from './page.ts'
import { parseAlertParameters, parseRejectedParameters } from './parameters.ts'
import type { RejectedQuery } from './rejected-query.ts'
import type { RolesQuery } from './roles.ts'
import { addRolesRoutes } from './roles-routes.ts'
import { sendError } from './send-error.ts'
import { addSilenceRoutes, type SilenceApi } from './silences.ts'

/** Whether audit events can be taken now. Sinks do not count: the log holds what they have not taken. */
export interface HealthReport {
  readonly ready: boolean
  /** Why not, a line each. */
  readonly reasons: readonly string[]
  /** What runs in this process. */
  readonly roles: readonly string[]
}

export interface AdminServerOptions {
  readonly config: AdminConfig
  readonly version: string
  readonly logger: Logger
  readonly metrics: { text(): Promise<string> }
  readonly health: () => HealthReport | Promise<HealthReport>
  readonly alerts: AlertQuery
  readonly rejected: RejectedQuery
  readonly coverage: () => readonly ClusterCoverage[]
  readonly roles: RolesQuery
  readonly silences: SilenceApi
  /** Whoever changes something has to have it. */
  readonly token: AdminToken
  /** Stored records, for the page. */
  readonly counts: () => Promise<{ readonly alerts: number; readonly rejected: number }>
}

export interface AdminServer extends Component {
  /** Where it listens; the port is the true one once started. */
  readonly address: { readonly host: string; readonly port: number }
}

const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

/** Health, metrics, the API and the page, over plain HTTP; what changes something asks for a token. */
export function createAdminServer(options: AdminServerOptions): AdminServer {
  const { config, logger } = options
  // The schema has checked the form.
  let address = parseListen(config.listen)!
  const server = fastify({
    logger: false,
    bodyLimit: 1024,
    requestTimeout: 10_000,
    connectionTimeout: 30_000,
    keepAliveTimeout: 75_000,
    forceCloseConnections: true,
    // A path that cannot be decoded reaches no hook.
    frameworkErrors: (_, __, reply) => {
      reply.headers(securityHeaders)
      void sendError(reply, 400, 'bad_request', 'the request is not understood')
    },
    routerOptions: { maxParamLength: 100 },
  })
  server.server.maxConnections = 200
  server.removeContentTypeParser('text/plain')
  // People read it with curl: what a terminal would obey is escaped.
  server.setReplySerializer((payload) => visibleText(JSON.stringify(payload)))
  guard(server, isLoopback(address.host), logger)
  addRoutes(server, options)
  let isStarted = false

  return {
    name: 'admin',
    get address() {
      return address
    },
    start: async () => {
      await listen(server, address)
      isStarted = true
      address = { host: address.host, port: portOf(server) }
      if (!isLoopback(address.host))
        logger.warn('Admin listener asks for no password; others can reach its address', {
          ...address,
        })
      logger.info('Admin listener is ready', { ...address })
    },
    stop: async () => {
      if (isStarted) await server.close()
    },
  }
}

/** The newest. */
const alertsOnPage = 50

/** Every answer carries the security headers, and every error has the same shape. */
function guard(server: FastifyInstance, isOnLoopback: boolean, logger: Logger): void {
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders)
    if (isOnLoopback && !isLoopbackHost(request.headers.host))
      return sendError(reply, 403, 'host_refused', 'this listener answers to localhost only')
  })
  server.setNotFoundHandler((_, reply) =>
    sendError(reply, 404, 'not_found', 'there is nothing here; see /api/v1/openapi.json'),
  )
  server.setErrorHandler((error: Error & { statusCode?: number }, _, reply) => {
    const status = error.statusCode ?? 500
    if (status < 500) return sendError(reply, status, 'bad_request', refusalOf(status))
    logger.error('Admin request failed', { error: messageOf(error) })
    return sendError(reply, 500, 'internal', 'failed; see the log')
  })
}

/** What is wrong with a request that no route has seen, and what would be right. */
function refusalOf(status: number): string {
  if (status === 413) return 'the body is too long: a silence has 32 KiB at most'
  if (status === 415) return 'send JSON with the header Content-Type: application/json'
  return 'the request is not understood: its path, its headers or the JSON of its body are malformed'
}

function addRoutes(server: FastifyInstance, options: AdminServerOptions): void {
  const { alerts, counts, coverage, health, metrics, rejected, roles, version } = options
  server.get('/healthz', (_, reply) => reply.type('text/plain; charset=utf-8').send('ok\n'))
  server.get('/readyz', async (_, reply) => {
    const report = await health()
    return reply.code(report.ready ? 200 : 503).send(report)
  })
  server.get('/metrics', async (_, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics.text()),
  )
  server.get('/', async (_, reply) => {
    const { roles: running } = await health()
    const { items: newest } = await alerts.list({ limit: alertsOnPage })
    const page = renderPage({ version, roles: running, newest, ...(await counts()) })
    return reply.type('text/html; charset=utf-8').send(page)
  })
  server.get('/api/v1/openapi.json', (_, reply) => reply.send(openApiDocument(version)))
  server.get('/api/v1/alerts', async (request, reply) => {
    const parsed = parseAlertParameters(request.query)
    if ('message' in parsed) return sendError(reply, 400, 'bad_parameter', parsed.message)
    const page = await alerts.list(parsed.filter)
    return reply.send({ alerts: page.items, next: page.next })
  })
  server.get<{ Params: { id: string } }>('/api/v1/alerts/:id', async ({ params }, reply) => {
    const found = await alerts.history(params.id)
    return found === undefined
      ? sendError(reply, 404, 'not_found', 'there is no alert of this id')
      : reply.send(found)
  })
  server.get<{ Params: { id: string } }>('/alerts/:id', async ({ params }, reply) => {
    const found = await alerts.history(params.id)
    return found === undefined
      ? sendError(reply, 404, 'not_found', 'there is no alert of this id')
      : reply.type('text/html; charset=utf-8').send(renderAlertPage(found))
  })
  server.get('/api/v1/coverage', (_, reply) => reply.send({ coverage: coverage(), next: null }))
  server.get('/api/v1/rejected', async (request, reply) => {
    const parsed = parseRejectedParameters(request.query)
    if ('message' in parsed) return sendError(reply, 400, 'bad_parameter', parsed.message)
    const page = await rejected(parsed.filter)
    return reply.send({ rejected: page.items, next: page.next })
  })
  addRolesRoutes(server, roles)
  addSilenceRoutes(server, options.silences, options.token)
}

async function listen(
  server: FastifyInstance,
  { host, port }: AdminServer['address'],
): Promise<void> {
  try {
    await server.listen({ host, port })
  } catch (cause) {
    const isInUse = errorCodeOf(cause) === 'EADDRINUSE'
    throw new KubewitnessError(
      isInUse ? 'listen.inUse' : 'listen.refused',
      `cannot serve the admin listener on ${host}:${port} (${messageOf(cause)})`,
      { cause, next: 'stop the other process, or choose another address with admin.listen' },
    )
  }
}

function portOf(server: FastifyInstance): number {
  const bound = server.server.address()
  return typeof bound === 'object' && bound !== null ? bound.port : 0
}
