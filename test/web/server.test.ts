import { request } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/util/logger.ts'
import { createAdminToken } from '../../src/web/admin-token.ts'
import { createAlertQuery } from '../../src/web/alert-query.ts'
import { adminConfigSchema } from '../../src/web/config.ts'
import { createRejectedQuery } from '../../src/web/rejected-query.ts'
import {
  type AdminServer,
  type AdminServerOptions,
  createAdminServer,
} from '../../src/web/server.ts'
import { alertOf, browseOver, rejectedOf } from './records.ts'

const blindCluster = {
  cluster: 'prod',
  sampled: 7,
  levels: ['Metadata'],
  stages: ['ResponseComplete'],
  resources: ['/pods'],
  blind: [{ rule: 'wildcard_role', id: 'r', because: 'no bodies' }],
}

const unused = async (): Promise<never> => {
  throw new Error('not asked for here')
}
const never = new AbortController().signal
const running: AdminServer[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop(never)
})

async function start(options: Partial<AdminServerOptions> = {}, listen = '127.0.0.1:0') {
  const server = createAdminServer({
    config: adminConfigSchema.parse({ listen }),
    version: '1.2.3<x>',
    logger: silentLogger,
    metrics: { text: async () => 'kubewitness_rules_loaded 7\n' },
    health: () => ({ ready: true, reasons: [], roles: ['ingest'] }),
    alerts: createAlertQuery(browseOver(['a', 'b', 'c'].map((id) => alertOf(id)))),
    coverage: () => [blindCluster],
    roles: async () => ({ kind: 'off' }),
    rejected: createRejectedQuery(browseOver(['r', 's'].map(rejectedOf)).browse),
    silences: { list: () => [], make: unused, end: unused },
    token: createAdminToken('/nowhere'),
    counts: async () => ({ alerts: 3, rejected: 2 }),
    ...options,
  })
  running.push(server)
  await server.start()
  return server
}

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

function get(
  { address }: AdminServer,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
) {
  return new Promise<Reply>((resolve, reject) => {
    const outgoing = request({ ...address, path, headers, method, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

async function getJson(server: AdminServer, path: string): Promise<[number, unknown]> {
  const { status, text } = await get(server, path)
  return [status, JSON.parse(text)]
}

describe('the admin listener', () => {
  it('is alive while the process is, ready or not', async () => {
    const server = await start({
      health: () => ({ ready: false, reasons: ['the store is full'], roles: ['ingest'] }),
    })
    const alive = await get(server, '/healthz')
    expect([alive.status, alive.text]).toEqual([200, 'ok\n'])
    expect(await getJson(server, '/readyz')).toEqual([
      503,
      { ready: false, reasons: ['the store is full'], roles: ['ingest'] },
    ])
  })

  it('says when it is ready', async () => {
    expect(await getJson(await start(), '/readyz')).toEqual([
      200,
      { ready: true, reasons: [], roles: ['ingest'] },
    ])
  })

  it('serves metrics in the Prometheus text format', async () => {
    const { headers, status, text } = await get(await start(), '/metrics')
    expect([status, headers['content-type'], text]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
      'kubewitness_rules_loaded 7\n',
    ])
  })

  it('serves a page without scripts, under a policy that allows none', async () => {
    const { headers, status, text } = await get(await start(), '/')
    expect(status).toBe(200)
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(text).toContain('<h1>Kubewitness 1.2.3&#60;x&#62;</h1>')
    expect(text).toContain('Alert records stored, one for each revision: 3.')
    expect(text).not.toMatch(/<script|style|http:|https:/)
  })

  it('answers 404 in JSON for everything else', async () => {
    const server = await start()
    const nothing = {
      error: { code: 'not_found', message: 'there is nothing here; see /api/v1/openapi.json' },
    }
    for (const path of ['/x', '/api/v1/', '/api/v1/alerts/a/b', '/..%2fetc', '/metrics/'])
      expect(await getJson(server, path)).toEqual([404, nothing])
    expect((await get(server, '/api/v1/alerts', {}, 'POST')).status).toBe(404)
  })

  it('answers malformed paths with 400 in JSON', async () => {
    expect(await getJson(await start(), '/%zz')).toEqual([
      400,
      { error: { code: 'bad_request', message: 'the request is not understood' } },
    ])
  })

  it('answers 500 without the reason, which the log has', async () => {
    const logged: unknown[] = []
    const server = await start({
      logger: { ...silentLogger, error: (message, fields) => logged.push([message, fields]) },
      alerts: {
        list: () => Promise.reject(new Error('disk on fire')),
        history: async () => undefined,
      },
    })
    expect(await getJson(server, '/api/v1/alerts')).toEqual([
      500,
      { error: { code: 'internal', message: 'failed; see the log' } },
    ])
    expect(logged).toEqual([['Admin request failed', { error: 'disk on fire' }]])
  })

  it('stops the start when the address is in use', async () => {
    const { address } = await start()
    await expect(start({}, `127.0.0.1:${address.port}`)).rejects.toMatchObject({
      code: 'listen.inUse',
      next: 'stop the other process, or choose another address with admin.listen',
    })
  })

  it('may be stopped before it was started', async () => {
    const server = await start()
    await server.stop(never)
    await server.stop(never)
  })
})

describe('a request that names another host', () => {
  it.each([
    'evil.example.com',
    '127.0.0.1.evil.example.com',
    'localhost.evil.example.com:9480',
    '[::1',
  ])('is refused on loopback: %j', async (host) => {
    const reply = await get(await start(), '/api/v1/alerts', { host })
    expect([reply.status, JSON.parse(reply.text)]).toEqual([
      403,
      { error: { code: 'host_refused', message: 'this listener answers to localhost only' } },
    ])
  })

  it.each(['localhost', 'LOCALHOST:9480', '127.0.0.1:1', '[::1]:9480'])(
    'but not when it is this machine’s own: %s',
    async (host) => {
      expect((await get(await start(), '/healthz', { host })).status).toBe(200)
    },
  )
})

describe('GET /api/v1/alerts/<id>', () => {
  it('gives an alert and all of its revisions, or 404', async () => {
    const told = [alertOf('a'), alertOf('b'), alertOf('a', { revision: 2, status: 'closed' })]
    const server = await start({ alerts: createAlertQuery(browseOver(told)) })
    expect(await getJson(server, '/api/v1/alerts/a')).toEqual([
      200,
      { alert: told[2], revisions: [told[0], told[2]] },
    ])
    expect(await getJson(server, '/api/v1/alerts/x')).toEqual([
      404,
      { error: { code: 'not_found', message: 'there is no alert of this id' } },
    ])
  })
})

describe('GET /api/v1/alerts', () => {
  it('gives pages with a cursor until there is no more', async () => {
    const server = await start()
    const [status, first] = await getJson(server, '/api/v1/alerts?limit=2')
    expect([status, first]).toEqual([
      200,
      { alerts: [alertOf('c'), alertOf('b')], next: expect.stringMatching(/^[\w-]+$/) },
    ])
    // Checked by the line above.
    const { next } = first as { next: string }
    expect(await getJson(server, `/api/v1/alerts?limit=2&cursor=${next}`)).toEqual([
      200,
      { alerts: [alertOf('a')], next: null },
    ])
  })

  it('chooses', async () => {
    const server = await start()
    expect(await getJson(server, '/api/v1/alerts?level=high,critical')).toEqual([
      200,
      { alerts: [], next: null },
    ])
    expect(
      await getJson(server, '/api/v1/alerts?level=medium&rule=exec_into_pod&actor=bob'),
    ).toEqual([200, { alerts: [], next: null }])
  })

  it.each([
    ['limit=0', 'limit must be a whole number from 1 to 1000'],
    ['limit=1001', 'limit must be a whole number from 1 to 1000'],
    ['limit=1e2', 'limit must be a whole number from 1 to 1000'],
    ['limit=1&limit=2', 'limit must be a whole number from 1 to 1000'],
    ['cursor=nonsense', 'cursor must be the next of an earlier answer'],
    ['cursor=', 'cursor must be the next of an earlier answer'],
    [
      'level=bad',
      'level must be one or more of informational, low, medium, high, critical, with commas between them',
    ],
    ['rule=', 'rule must be given once: the id or the name of a rule'],
    ['actor=a&actor=b', 'actor must be given once: a user name'],
    ['lvl=high', 'there is a parameter that this resource does not know; see /api/v1/openapi.json'],
    [
      '__proto__=1',
      'there is a parameter that this resource does not know; see /api/v1/openapi.json',
    ],
  ])('refuses %s and says why', async (query, message) => {
    expect(await getJson(await start(), `/api/v1/alerts?${query}`)).toEqual([
      400,
      { error: { code: 'bad_parameter', message } },
    ])
  })
})

describe('GET /api/v1/rejected', () => {
  it('gives what was kept aside', async () => {
    expect(await getJson(await start(), '/api/v1/rejected')).toEqual([
      200,
      { rejected: [rejectedOf('s'), rejectedOf('r')], next: null },
    ])
  })

  it('refuses what it does not know', async () => {
    expect((await get(await start(), '/api/v1/rejected?level=high')).status).toBe(400)
  })
})

describe('GET /api/v1/roles', () => {
  it('asks to come back while what was observed is being read', async () => {
    const server = await start({ roles: async () => ({ kind: 'unready' }) })
    const reply = await get(server, '/api/v1/roles/suggest?cluster=a&user=b')
    expect([reply.status, JSON.parse(reply.text)]).toEqual([
      503,
      {
        error: { code: 'unready', message: 'what was observed is being read; ask again' },
      },
    ])
  })
})

describe('GET /api/v1/coverage', () => {
  it('gives what the stream shows of the audit policy of each cluster', async () => {
    expect(await getJson(await start(), '/api/v1/coverage')).toEqual([
      200,
      { coverage: [blindCluster], next: null },
    ])
  })
})

describe('the page of an alert', () => {
  it('shows it as text, whatever its values are', async () => {
    const hostile = '<script>alert(1)</script>"&\u202e\u200b\u001b[2J'
    const alert = alertOf('a', { actor: hostile, summary: hostile, userAgent: hostile })
    const server = await start({ alerts: createAlertQuery(browseOver([alert])) })
    const { headers, status, text } = await get(server, '/alerts/a')
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(text).not.toContain('<script>')
    expect(text).toContain(
      '<td>&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#38;\\u202e\\u200b\\u001b[2J</td>',
    )
    const front = (await get(server, '/')).text
    expect(front).toContain(
      '<a href="/alerts/a">&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#38;\\u202e\\u200b\\u001b[2J</a>',
    )
    expect(front).not.toContain('<script>')
    const listed = (await get(server, '/api/v1/alerts')).text
    expect(listed).not.toMatch(/[\u202e\u200b\u001b]/)
    expect(JSON.parse(listed)).toMatchObject({ alerts: [{ actor: hostile }] })
    expect(text).toContain('<li>1: open, medium, ')
    expect((await get(server, '/alerts/b')).status).toBe(404)
  })
})

describe('the OpenAPI document', () => {
  it('describes every property of what is served', async () => {
    const [status, document] = await getJson(await start(), '/api/v1/openapi.json')
    expect([status, document]).toEqual([
      200,
      expect.objectContaining({
        openapi: '3.1.0',
        components: {
          securitySchemes: { adminToken: { type: 'http', scheme: 'bearer' } },
          schemas: expect.objectContaining({
            Alert: expect.objectContaining({ required: Object.keys(alertOf('a')) }),
            Coverage: expect.objectContaining({ required: Object.keys(blindCluster) }),
            RejectedItem: expect.objectContaining({ required: Object.keys(rejectedOf('a')) }),
          }),
        },
      }),
    ])
  })
})
