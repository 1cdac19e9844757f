import { describe, expect, inject, it } from 'vitest'
import { elasticsearch } from '../../support/elasticsearch.ts'
import { startOwnServer } from '../../support/servers.ts'

describe.skipIf(inject('elasticsearch') === null)('a server of one test alone', () => {
  it('comes back at its address with what it had, after signal 9', async () => {
    const server = await startOwnServer(elasticsearch)
    if (server === undefined) throw new Error('the environment names one, but none can be started')
    try {
      const document = `${server.address}/kept/_doc/1`
      const headers = { 'content-type': 'application/json' }
      const made = await fetch(document, { method: 'PUT', headers, body: '{"a":1}' })
      expect(made.status).toBe(201)
      await server.kill9()
      await expect(elasticsearch.check(server.address)).rejects.toThrow('fetch failed')
      await server.restart()
      expect(await (await fetch(document)).json()).toMatchObject({ _source: { a: 1 } })
    } finally {
      await server.stop()
    }
  }, 180_000)
})
