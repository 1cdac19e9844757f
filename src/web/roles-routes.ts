import type { FastifyInstance, FastifyReply } from 'fastify'
import {
  parseDiffParameters,
  parseReportParameters,
  parseSuggestParameters,
  type ReportFormat,
  type RolesAnswer,
  type RolesQuery,
} from './roles.ts'
import { sendError } from './send-error.ts'

const jsonType = 'application/json; charset=utf-8'
const reportTypes: Readonly<Record<ReportFormat, string>> = {
  json: jsonType,
  html: 'text/html; charset=utf-8',
  markdown: 'text/markdown; charset=utf-8',
}

/** What is below `/api/v1/roles`. */
export function addRolesRoutes(server: FastifyInstance, roles: RolesQuery): void {
  server.get('/api/v1/roles/subjects', async (_, reply) =>
    sendRoles(reply, await roles({ kind: 'subjects' })),
  )
  server.get('/api/v1/roles/suggest', async (request, reply) => {
    const parsed = parseSuggestParameters(request.query, accepts(request.headers.accept, 'yaml'))
    if ('message' in parsed) return sendError(reply, 400, 'bad_parameter', parsed.message)
    const { filter } = parsed
    const type = filter.format === 'yaml' ? 'application/yaml; charset=utf-8' : jsonType
    return sendRoles(reply, await roles(filter), type)
  })
  server.get('/api/v1/roles/diff', async (request, reply) => {
    const parsed = parseDiffParameters(request.query)
    if ('message' in parsed) return sendError(reply, 400, 'bad_parameter', parsed.message)
    return sendRoles(reply, await roles(parsed.filter))
  })
  server.get('/api/v1/roles/report', async (request, reply) => {
    const parsed = parseReportParameters(request.query, accepts(request.headers.accept, 'html'))
    if ('message' in parsed) return sendError(reply, 400, 'bad_parameter', parsed.message)
    const answer = await roles(parsed.filter)
    // The document needs its own styles, and nothing else.
    if (parsed.filter.format === 'html' && answer.kind === 'found')
      reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
    return sendRoles(reply, answer, reportTypes[parsed.filter.format])
  })
}

function accepts(header: string | undefined, type: string): boolean {
  return header?.includes(type) ?? false
}

function sendRoles(reply: FastifyReply, answer: RolesAnswer, type = jsonType): FastifyReply {
  switch (answer.kind) {
    case 'found':
      return reply.type(type).send(answer.body)
    case 'unknown':
      return sendError(reply, 404, 'not_found', 'nothing was seen of this subject in this cluster')
    case 'off':
      return sendError(reply, 404, 'off', 'roles.observe is off in the configuration')
    case 'noManifests':
      return sendError(
        reply,
        404,
        'no_manifests',
        'what this cluster grants is not known; name its manifests in roles.manifests',
      )
    case 'unusable':
      return sendError(
        reply,
        422,
        'unusable',
        `the manifests of this cluster cannot be used: ${answer.message}`,
      )
    case 'unready':
      return sendError(reply, 503, 'unready', 'what was observed is being read; ask again')
    default:
      return answer satisfies never
  }
}
