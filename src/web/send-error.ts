import type { FastifyReply } from 'fastify'

/** Every error of the admin listener has this shape. */
export function sendError(
  reply: FastifyReply,
  status: number,
  code: string,
  message: string,
): FastifyReply {
  return reply.code(status).send({ error: { code, message } })
}
