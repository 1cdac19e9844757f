import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AdminToken } from './admin-token.ts'
import { sendError } from './send-error.ts'
import { pageOfSilences, parseSilenceParameters } from './silence-list.ts'

/** A silence as the API gives it. */
export interface SilenceView {
  readonly id: string
  readonly state: 'pending' | 'active' | 'expired'
  readonly from: 'api' | 'file'
  readonly startsAt: string
  readonly endsAt: string
  readonly createdAt: string
  readonly createdBy: string
  readonly comment: string
  readonly match: object
}

export interface SilenceApi {
  /** Newest first, those that are over among them. */
  list(): readonly SilenceView[]
  /** What is wrong with it, or the silence, which is durable then. */
  make(
    draft: unknown,
  ): Promise<{ readonly silence: SilenceView } | { readonly problems: readonly string[] }>
  /** Ends it now. `file`: it is in the file, and can be taken out there. */
  end(id: string): Promise<{ readonly silence: SilenceView } | 'unknown' | 'file'>
}

const maxBodyBytes = 32 * 1024

/** What is below `/api/v1/silences`. Whoever changes something has to have the token. */
export function addSilenceRoutes(
  server: FastifyInstance,
  silences: SilenceApi,
  token: AdminToken,
): void {
  const mayWrite = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    if (token.admits(request.headers.authorization)) return undefined
    reply.header('www-authenticate', 'Bearer')
    return sendError(
      reply,
      401,
      'unauthorized',
      'send the token of admin.tokenFile: Authorization: Bearer <token>',
    )
  }
  server.get('/api/v1/silences', (request, reply) => {
    const parsed = parseSilenceParameters(request.query)
    if ('message' in parsed) return sendError(reply, 400, 'bad_parameter', parsed.message)
    const { items, next } = pageOfSilences(silences.list(), parsed.filter)
    return reply.send({ silences: items, next })
  })
  server.post(
    '/api/v1/silences',
    { bodyLimit: maxBodyBytes, onRequest: mayWrite },
    async ({ body }, reply) => {
      const made = await silences.make(body)
      return 'problems' in made
        ? sendError(reply, 400, 'invalid', made.problems.join('\n'))
        : reply.code(201).send({ silence: made.silence })
    },
  )
  server.delete<{ Params: { id: string } }>(
    '/api/v1/silences/:id',
    { onRequest: mayWrite },
    async ({ params }, reply) => {
      const ended = await silences.end(params.id)
      if (ended === 'unknown')
        return sendError(reply, 404, 'not_found', 'there is no silence of this id')
      if (ended === 'file')
        return sendError(reply, 409, 'in_file', 'it is in the file of silences: take it out there')
      return reply.send(ended)
    },
  )
}
