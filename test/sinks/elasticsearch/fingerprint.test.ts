import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createSink, sinkConfigSchema } from '../../../src/sinks/table.ts'
import { type KeyPair, makeAuthority, makeChain } from '../../support/certificates.ts'
import { wordOf } from '../../support/outcome-word.ts'
import { makeAlert } from '../make-alert.ts'
import { createSinkWorld } from '../world.ts'

const name = 'The authority of a cluster'
const hosts = ['localhost']

let genuine: KeyPair
/** Somebody in between, whose authority has the same name. */
let forged: KeyPair
let fingerprint: string
beforeAll(async () => {
  genuine = await makeAuthority(name)
  forged = await makeAuthority(name)
  fingerprint = new X509Certificate(genuine.cert).fingerprint256
})

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** What an alert becomes at a server with these certificates, and how many requests it saw. */
async function writeTo(
  chain: KeyPair,
  tls: object,
): Promise<{ readonly outcome: string; readonly requests: number }> {
  let requests = 0
  server = createServer(chain, (request, response) => {
    requests++
    request.resume()
    response.setHeader('x-elastic-product', 'Elasticsearch')
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify(request.method === 'POST' ? { items: [{ index: { status: 201 } }] } : {}),
    )
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  const config = sinkConfigSchema.parse({
    name: 'search',
    type: 'elasticsearch',
    nodes: [`https://localhost:${port}`],
    setup: 'off',
    tls,
  })
  const sink = createSink(config, createSinkWorld())
  const [outcome] = await sink.write([makeAlert()], new AbortController().signal)
  await sink.stop(new AbortController().signal)
  return { outcome: wordOf(outcome!), requests }
}

describe('the fingerprint of an authority', () => {
  it.each([
    ['with colons', (text: string) => text],
    ['without', (text: string) => text.replaceAll(':', '').toLowerCase()],
  ])('is enough to trust it: %s', async (_, written) => {
    const caFingerprint = written(fingerprint)
    expect(await writeTo(await makeChain(genuine, hosts), { caFingerprint })).toEqual({
      outcome: 'delivered',
      requests: 1,
    })
  })

  it('is not that of any other, and the error says which there are', async () => {
    const chain = await makeChain(forged, hosts)
    const shown = [chain.cert, forged.cert].map((one) => new X509Certificate(one).fingerprint256)
    expect(await writeTo(chain, { caFingerprint: fingerprint })).toEqual({
      outcome: `retry sink.unavailable: writing to sink search: the server shows no certificate with the fingerprint of tls.caFingerprint, but ${shown.join(', ')}; compare with what Elasticsearch printed at its first start; where the server sends its own certificate alone, set tls.caFile instead`,
      requests: 0,
    })
  })

  it('proves nothing beside a certificate that the authority has not signed', async () => {
    const chain = await makeChain(forged, hosts, genuine)
    const { outcome, requests } = await writeTo(chain, { caFingerprint: fingerprint })
    expect(outcome).toMatch(/^retry sink\.unavailable: writing to sink search: /)
    expect(requests).toBe(0)
  })

  it('does not make a certificate good for another name', async () => {
    const chain = await makeChain(genuine, ['es.example.com'])
    const { outcome, requests } = await writeTo(chain, { caFingerprint: fingerprint })
    expect(outcome).toMatch(/name the node as the certificate does$/)
    expect(requests).toBe(0)
  })

  it('goes with https, and without a file', () => {
    const parse = (nodes: string, tls: object) =>
      sinkConfigSchema.safeParse({ name: 'search', type: 'elasticsearch', nodes: [nodes], tls })
    const problems = [
      parse('http://es.example.com', { caFingerprint: fingerprint }),
      parse('https://es.example.com', { caFingerprint: fingerprint, caFile: 'ca.pem' }),
    ].map(({ error }) => error?.issues.map(({ message }) => message))
    expect(problems).toEqual([['only for nodes with https'], ['one of caFile, caFingerprint']])
  })
})
