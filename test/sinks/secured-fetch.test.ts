import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Outcome } from '../../src/contracts.ts'
import { messageOf } from '../../src/errors.ts'
import { createSink, sinkConfigSchema } from '../../src/sinks/table.ts'
import { authorityFile, ownCertificate } from '../../src/sources/webhook/own-certificate.ts'
import { systemClock } from '../../src/util/clock.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts'
import { makeAlert } from './make-alert.ts'
import { createSinkWorld } from './world.ts'

let folder: TemporaryFolder
let server: Server
/** Common names of the certificates that clients have shown. */
let clients: (string | undefined)[]
beforeEach(async () => {
  folder = await createTemporaryFolder('tls')
  const ours = await ownCertificate({
    dataDirectory: folder.path,
    names: ['localhost'],
    clock: systemClock,
  })
  clients = []
  server = createServer(
    { ...ours, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      // A request to an HTTPS server comes over TLS.
      const name = (request.socket as TLSSocket).getPeerCertificate().subject?.CN
      clients.push(Array.isArray(name) ? name[0] : name)
      response.end('ok')
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await folder.remove()
})

async function write(tls: object | undefined): Promise<Outcome | undefined> {
  const { port } = server.address() as AddressInfo
  const config = sinkConfigSchema.parse({
    name: 'hook',
    type: 'webhook',
    url: `https://localhost:${port}/`,
    tls,
  })
  const sink = createSink(config, createSinkWorld())
  await sink.start()
  const [outcome] = await sink.write([makeAlert()], new AbortController().signal)
  await sink.stop(new AbortController().signal)
  return outcome
}

describe('a sink that posts over TLS', () => {
  it('trusts the authority that it was given', async () => {
    expect(await write({ caFile: authorityFile(folder.path) })).toEqual({ status: 'delivered' })
    expect(clients).toEqual([undefined])
  })

  it('shows its own certificate', async () => {
    const tls = {
      caFile: authorityFile(folder.path),
      certFile: join(folder.path, 'tls', 'server.crt'),
      keyFile: join(folder.path, 'tls', 'server.key'),
    }
    expect(await write(tls)).toEqual({ status: 'delivered' })
    expect(clients).toEqual(['kubewitness'])
  })

  it('sends nothing to a stranger, and says what to do', async () => {
    const outcome = await write(undefined)
    expect(outcome).toMatchObject({ status: 'retry', afterMs: 60_000 })
    expect(outcome !== undefined && 'error' in outcome ? messageOf(outcome.error) : '').toMatch(
      /^sink\.unavailable: posting to sink hook: [A-Z_]+; set tls\.caFile to the authority/,
    )
    expect(clients).toEqual([])
  })

  it('does not start with a file that is no certificate, and names it', async () => {
    const caFile = join(folder.path, 'none.pem')
    await expect(write({ caFile })).rejects.toMatchObject({
      code: 'tls.invalid',
      message: expect.stringContaining(caFile),
    })
  })
})
