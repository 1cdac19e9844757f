import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import { generate } from 'selfsigned'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFakeClock } from '../../support/fake-clock.ts'
import { eventually, type Harness, startHarness } from './harness.ts'
import { harnessesOfTests } from './harnesses.ts'

const dayMs = 86_400_000
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kw-tls-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))
// What is registered last ends first: nothing runs any more when the folder goes.
const { start } = harnessesOfTests()

/** The certificate that the listener shows. */
function shownCertificate({ source }: Harness): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ ...source.address, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()!)
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

function plainRequest({ source }: Harness, text: string): Promise<string> {
  return new Promise((resolve) => {
    let received = ''
    const socket = connect(source.address, () => socket.write(text))
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(received))
  })
}

describe('the certificate made on first start', () => {
  it('carries the names by which this machine is reached, and those of the configuration', async () => {
    const harness = await start({
      config: { tls: { mode: 'auto', names: ['audit.example.com', '192.0.2.7', '*.example.com'] } },
    })
    const { subjectAltName } = await shownCertificate(harness)
    expect(subjectAltName?.split(', ')).toEqual([
      'DNS:localhost',
      'IP Address:127.0.0.1',
      'IP Address:0:0:0:0:0:0:0:1',
      `DNS:${hostname()}`,
      'DNS:audit.example.com',
      'IP Address:192.0.2.7',
      'DNS:*.example.com',
    ])
  })

  it('is kept over restarts, and its keys are readable by their owner only', async () => {
    const first = await start({ dataDirectory: folder })
    const { fingerprint256 } = await shownCertificate(first)
    await first.source.stop(AbortSignal.timeout(5000))
    const second = await startHarness({ dataDirectory: folder })
    expect((await shownCertificate(second)).fingerprint256).toBe(fingerprint256)
    for (const path of ['tls/ca.key', 'tls/server.key', 'tokens/default'])
      expect([path, ((await stat(join(folder, path))).mode & 0o777).toString(8)]).toEqual([
        path,
        '600',
      ])
    await second.stop()
  })

  it('is made anew under the same authority when less than 30 days are left, or a name is missing', async () => {
    const first = await start({ dataDirectory: folder })
    const { fingerprint256 } = await shownCertificate(first)
    await first.source.stop(AbortSignal.timeout(5000))

    const late = createFakeClock(Date.now() + 334 * dayMs)
    const second = await start({ dataDirectory: folder, clock: late })
    expect((await shownCertificate(second)).fingerprint256).toBe(fingerprint256)
    await second.source.stop(AbortSignal.timeout(5000))

    const tooLate = createFakeClock(Date.now() + 336 * dayMs)
    const third = await start({ dataDirectory: folder, clock: tooLate })
    expect((await shownCertificate(third)).fingerprint256).not.toBe(fingerprint256)
    expect(third.ca).toBe(first.ca)
    await third.source.stop(AbortSignal.timeout(5000))

    const named = { tls: { mode: 'auto', names: ['new.example.com'] } }
    const fourth = await start({ dataDirectory: folder, config: named, clock: tooLate })
    expect((await shownCertificate(fourth)).subjectAltName).toContain('DNS:new.example.com')
    expect(fourth.ca).toBe(first.ca)
  })

  it('keeps its authority, which senders trust, while the clock of this machine is behind', async () => {
    const first = await start({ dataDirectory: folder })
    await first.source.stop(AbortSignal.timeout(5000))
    const behind = createFakeClock(Date.now() - 400 * dayMs)
    const second = await start({ dataDirectory: folder, clock: behind })
    expect(second.ca).toBe(first.ca)
    await second.source.stop(AbortSignal.timeout(5000))
    const third = await start({ dataDirectory: folder })
    expect(third.ca).toBe(first.ca)
    expect((await third.post()).status).toBe(200)
  })

  it('is renewed while the process goes on, without a restart', async () => {
    const clock = createFakeClock(Date.now())
    const harness = await start({ clock })
    const { fingerprint256 } = await shownCertificate(harness)
    await clock.advance(334 * dayMs)
    await eventually(async () => {
      await clock.advance(dayMs)
      return (await shownCertificate(harness)).fingerprint256 !== fingerprint256
    })
    expect(harness.log.map(({ message }) => message)).toContain('Webhook certificate was replaced')
    // Its begin lies in the future of this machine's clock, so that only its chain can be looked at here.
    const authority = new X509Certificate(harness.ca)
    expect((await shownCertificate(harness)).verify(authority.publicKey)).toBe(true)
  })

  it('is replaced when its files are damaged or do not belong together', async () => {
    const first = await start({ dataDirectory: folder })
    await first.source.stop(AbortSignal.timeout(5000))
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    })
    await writeFile(join(folder, 'tls', 'server.key'), privateKey)
    const second = await start({ dataDirectory: folder })
    expect((await second.post()).status).toBe(200)
  })

  it('that cannot be read stops the start with the folder in the message', async () => {
    const first = await start({ dataDirectory: folder })
    await first.source.stop(AbortSignal.timeout(5000))
    await writeFile(join(folder, 'tls', 'server.crt'), 'nonsense')
    await expect(startHarness({ dataDirectory: folder })).rejects.toMatchObject({
      code: 'tls.invalid',
      message: expect.stringContaining(join(folder, 'tls')),
    })
  })
})

describe('TLS', () => {
  it('speaks HTTP/2 to those who ask for it, and nothing below TLS 1.2', async () => {
    const { ca, source } = await start()
    const protocols = await Promise.all(
      (['TLSv1.2', 'TLSv1.3'] as const).map(
        (version) =>
          new Promise((resolve, reject) => {
            const socket = tlsConnect(
              {
                ...source.address,
                ca,
                ALPNProtocols: ['h2', 'http/1.1'],
                minVersion: version,
                maxVersion: version,
              },
              () => {
                resolve([socket.getProtocol(), socket.alpnProtocol])
                socket.destroy()
              },
            )
            socket.on('error', reject)
          }),
      ),
    )
    expect(protocols).toEqual([
      ['TLSv1.2', 'h2'],
      ['TLSv1.3', 'h2'],
    ])
    const old = new Promise((resolve, reject) => {
      const socket = tlsConnect(
        {
          ...source.address,
          ca,
          minVersion: 'TLSv1.1',
          maxVersion: 'TLSv1.1',
          ciphers: 'DEFAULT@SECLEVEL=0',
        },
        () => resolve(socket.destroy()),
      )
      socket.on('error', reject)
    })
    await expect(old).rejects.toThrow(/./)
  })

  it('gives HTTP/2 senders windows that take whole batches', async () => {
    const { ca, source } = await start()
    const session = connectHttp2(`https://${source.address.host}:${source.address.port}`, { ca })
    await new Promise((resolve) => session.once('remoteSettings', resolve))
    expect(session.remoteSettings).toMatchObject({
      initialWindowSize: 1_048_576,
      maxConcurrentStreams: 100,
    })
    session.destroy()
  })

  it('listens on IPv6', async () => {
    const harness = await start({ config: { listen: '[::1]:0' } })
    expect((await harness.post()).status).toBe(200)
    expect(harness.source.address.host).toBe('::1')
  })

  it('answers plain HTTP in words, and warns once', async () => {
    const harness = await start()
    for (let i = 0; i < 3; i++) {
      expect(await plainRequest(harness, 'POST /audit/default HTTP/1.1\r\nHost: x\r\n\r\n')).toBe(
        'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 56\r\nConnection: close\r\n\r\nthis port speaks HTTPS; begin the address with https://\n',
      )
    }
    expect(harness.log.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        message: 'Plain HTTP arrived on the HTTPS port; the sender has to use https://',
        fields: { peer: '127.0.0.1', suppressed: 0 },
      },
    ])
  })

  it('closes on what is neither, and says so in the log', async () => {
    const harness = await start()
    await plainRequest(harness, '\x00\x01\x02 nonsense')
    expect(
      harness.log.filter(({ level }) => level === 'warn').map(({ message }) => message),
    ).toEqual(['TLS handshake failed; check certificate-authority-data of the sender'])
    expect((await harness.post()).status).toBe(200)
  })
})

async function pair(name: string, options: Parameters<typeof generate>[1] = {}) {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ...options,
  })
  const certFile = join(folder, `${name}.crt`)
  const keyFile = join(folder, `${name}.key`)
  await writeFile(certFile, made.cert)
  await writeFile(keyFile, made.private)
  return { certFile, keyFile, cert: made.cert, key: made.private }
}

describe('a certificate of one’s own', () => {
  it('is used', async () => {
    const { cert, certFile, keyFile } = await pair('localhost')
    const harness = await start({ config: { tls: { mode: 'files', certFile, keyFile } } })
    expect((await shownCertificate(harness)).fingerprint256).toBe(
      new X509Certificate(cert).fingerprint256,
    )
    expect((await harness.post()).status).toBe(200)
  })

  it('is refused at the start with the file and what is wrong with it', async () => {
    const good = await pair('localhost')
    const other = await pair('other')
    const old = await pair('old', {
      notBeforeDate: new Date('2020-01-01T00:00:00Z'),
      notAfterDate: new Date('2020-02-01T00:00:00Z'),
    })
    const early = await pair('early', {
      notBeforeDate: new Date('2100-01-01T00:00:00Z'),
      notAfterDate: new Date('2100-02-01T00:00:00Z'),
    })
    const text = join(folder, 'text')
    await writeFile(text, 'no PEM')
    const absent = join(folder, 'absent')
    const cases: [object, string][] = [
      [{ ...good, certFile: absent }, `cannot read ${absent} (ENOENT`],
      [{ ...good, certFile: text }, `${text} is not PEM`],
      [{ ...good, certFile: good.keyFile }, `${good.keyFile} holds no certificate in PEM form`],
      [{ ...good, keyFile: good.certFile }, `${good.certFile} holds no private key`],
      [
        { ...good, keyFile: other.keyFile },
        `the key ${other.keyFile} does not belong to the certificate ${good.certFile}`,
      ],
      [old, `the certificate ${old.certFile} expired at 2020-02-01T00:00:00.000Z`],
      [early, `the certificate ${early.certFile} is not valid before 2100-01-01T00:00:00.000Z`],
      [{ ...good, clientCaFile: absent }, `cannot read ${absent} (ENOENT`],
    ]
    for (const [files, message] of cases) {
      const { certFile, clientCaFile, keyFile } = files as Record<string, string>
      const tls = { mode: 'files', certFile, keyFile, ...(clientCaFile && { clientCaFile }) }
      await expect(startHarness({ config: { tls } })).rejects.toMatchObject({
        code: 'tls.invalid',
        message: expect.stringContaining(message),
      })
    }
  })
})

describe('a client certificate', () => {
  async function authority() {
    const ca = await pair('ca', {
      extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
    })
    const client = (name: string) =>
      pair(name, { ca, extensions: [{ name: 'extKeyUsage', clientAuth: true }] })
    return { ca, client }
  }

  it('takes the place of a token', async () => {
    const { ca, client } = await authority()
    const harness = await start({ config: { tls: { mode: 'auto', clientCaFile: ca.certFile } } })
    const { cert, key } = await client('kube-apiserver')
    const send = { cert, key, token: undefined }
    expect((await harness.post(send)).status).toBe(200)
    expect((await harness.postHttp2(send)).status).toBe(200)
    expect((await harness.post({ ...send, path: '/audit/other' })).status).toBe(404)
    expect((await harness.post({ token: undefined })).status).toBe(401)
    expect((await harness.post()).status).toBe(200)
    expect(harness.bodies.map(({ cluster, sender }) => [cluster, sender])).toEqual([
      ['default', 'kube-apiserver@127.0.0.1'],
      ['default', 'kube-apiserver@127.0.0.1'],
      ['default', '127.0.0.1'],
    ])
  })

  it('of another authority is worth nothing', async () => {
    const { ca } = await authority()
    const harness = await start({ config: { tls: { mode: 'auto', clientCaFile: ca.certFile } } })
    const stranger = await pair('kube-apiserver')
    const send = { cert: stranger.cert, key: stranger.key, token: undefined }
    expect((await harness.post(send)).status).toBe(401)
    expect((await harness.postHttp2(send)).status).toBe(401)
  })

  it('may send for the clusters that name it', async () => {
    const { ca, client } = await authority()
    const harness = await start({
      config: {
        tls: { mode: 'auto', clientCaFile: ca.certFile },
        clusters: [{ name: 'a', clientCommonNames: ['sender-a'] }, { name: 'b' }],
      },
    })
    const { cert, key } = await client('sender-a')
    const other = await client('sender-b')
    const statuses = []
    for (const path of ['/audit/a', '/audit/b']) {
      statuses.push((await harness.post({ cert, key, path, token: undefined })).status)
      statuses.push(
        (await harness.post({ cert: other.cert, key: other.key, path, token: undefined })).status,
      )
    }
    expect(statuses).toEqual([200, 401, 200, 200])
    await expect(readFile(join(harness.dataDirectory, 'tokens', 'a'))).rejects.toMatchObject({
      code: 'ENOENT',
    })
  })
})

describe('an address', () => {
  it('that is in use stops the start', async () => {
    const first = await start()
    const listen = `127.0.0.1:${first.source.address.port}`
    await expect(startHarness({ config: { listen } })).rejects.toMatchObject({
      code: 'listen.inUse',
      message: `cannot receive webhooks on ${listen}: it is in use`,
      next: 'stop the other process, or choose another address with webhook.listen',
    })
  })

  it('that this machine does not have stops the start', async () => {
    await expect(startHarness({ config: { listen: '192.0.2.1:9443' } })).rejects.toMatchObject({
      code: 'listen.refused',
      message: 'cannot receive webhooks on 192.0.2.1:9443: this machine has no such address',
    })
  })
})

describe('plain HTTP', () => {
  it('is spoken when TLS is off, with a warning', async () => {
    const harness = await start({ config: { tls: { mode: 'off' } } })
    const reply = await plainRequest(
      harness,
      `POST /audit/default HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${harness.token}\r\nContent-Length: 2\r\n\r\n{}`,
    )
    expect(reply).toMatch(/^HTTP\/1\.1 200 /)
    expect(harness.source.caFile).toBe('')
    expect(
      harness.log.filter(({ level }) => level === 'warn').map(({ message }) => message),
    ).toEqual(['Webhook listener has no TLS; API servers send their token over https only'])
  })
})
