import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Alert } from '../../../src/contracts.ts'
import { createSink, sinkConfigSchema } from '../../../src/sinks/table.ts'
import { authorityFile, ownCertificate } from '../../../src/sources/webhook/own-certificate.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { wordOf } from '../../support/outcome-word.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts'
import { makeAlert } from '../make-alert.ts'
import { createSinkWorld } from '../world.ts'
import { type MailServer, startMailServer } from './server.ts'

let folder: TemporaryFolder
let ours: { cert: string; key: string }
const servers: MailServer[] = []
beforeEach(async () => {
  folder = await createTemporaryFolder('email')
  const names = ['localhost']
  ours = await ownCertificate({ dataDirectory: folder.path, names, clock: systemClock })
})
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
  await folder.remove()
})

const login = { username: 'kw', password: 'CANARY' }

async function make(
  security: 'starttls' | 'tls' | 'none',
  options: object = {},
  password = 'CANARY',
) {
  const server = await startMailServer({
    security,
    ...(security === 'none' ? {} : { ...ours, login }),
  })
  servers.push(server)
  const world = createSinkWorld({ password })
  const config = sinkConfigSchema.parse({
    name: 'mail',
    type: 'email',
    host: 'localhost',
    port: server.port,
    security,
    from: 'kubewitness@example.com',
    to: ['soc@example.com', 'oncall@example.com'],
    tls: { caFile: authorityFile(folder.path) },
    ...(security === 'none' ? {} : { username: 'kw', passwordFile: 'password' }),
    ...options,
  })
  const sink = createSink(config, world)
  const write = (batch: readonly Alert[]) => sink.write(batch, new AbortController().signal)
  return { server, world, sink, write }
}

describe('the e-mail sink', () => {
  it.each(['starttls', 'tls'] as const)('sends a batch as one mail over %s', async (security) => {
    const { server, write } = await make(security)
    const outcomes = await write([makeAlert({ id: 'a' }), makeAlert({ id: 'b' })])
    expect(outcomes).toEqual(Array(2).fill({ status: 'delivered' }))
    expect(server.mails).toMatchObject([
      {
        from: 'kubewitness@example.com',
        to: ['soc@example.com', 'oncall@example.com'],
        user: 'kw',
        isSecure: true,
        headers: {
          from: 'Kubewitness <kubewitness@example.com>',
          subject: '[MEDIUM] 2 alerts: 2 medium',
          'content-type': expect.stringContaining('text/plain'),
          'auto-submitted': 'auto-generated',
          'message-id': expect.stringMatching(/^<[0-9a-f]{40}@example\.com>$/),
        },
      },
    ])
    expect(server.mails[0]!.text).toContain('alice@example.com opened a shell in pod shop/web-0')
  })

  it('keeps every letter and lets no header in', async () => {
    const { server, write } = await make('starttls')
    const hostile = 'ünï → 界\r\nBcc: mallory@example.com\r\n\r\n<b>x</b>'
    await write([makeAlert({ actor: hostile, cluster: hostile, summary: hostile })])
    const { headers, text, to } = server.mails[0]!
    expect(headers).toMatchObject({
      subject: '[MEDIUM] ünï → 界 Bcc: mallory@example.com <b>x</b>: Shell in a pod',
    })
    expect(headers['bcc']).toBeUndefined()
    expect(to).toEqual(['soc@example.com', 'oncall@example.com'])
    expect(text).toContain('  Actor:       ünï → 界 Bcc: mallory@example.com <b>x</b>\n')
  })

  it('sends no mail about what is no news', async () => {
    const { server, write } = await make('none')
    expect(await write([makeAlert({ revision: 2, status: 'updated' })])).toEqual([
      { status: 'skipped' },
    ])
    expect(server.mails).toEqual([])
  })

  it('finds the one alert whose mail the server refuses', async () => {
    const { server, write } = await make('none')
    server.answer = ({ text }) =>
      text.includes('· bad') ? { code: 554, text: 'looks like spam CANARY' } : 'taken'
    const outcomes = await write(['a', 'bad', 'c', 'd'].map((id) => makeAlert({ id })))
    expect(outcomes.map(wordOf)).toEqual([
      'delivered',
      'rejected sink.rejected: mailing for sink mail: EMESSAGE 554',
      'delivered',
      'delivered',
    ])
  })

  it('delivers when some recipients are refused, and says so', async () => {
    const { server, write, world } = await make('none')
    server.refusedRecipients = new Set(['oncall@example.com'])
    expect(await write([makeAlert()])).toEqual([{ status: 'delivered' }])
    expect(world.logger.lines).toEqual([
      "warn Recipients of mails were refused { sink: 'mail', refused: 1 }",
    ])
  })

  it('keeps the alerts when all recipients are refused', async () => {
    const { server, write } = await make('none')
    server.refusedRecipients = new Set(['oncall@example.com', 'soc@example.com'])
    expect(wordOf((await write([makeAlert()]))[0])).toBe(
      'retry sink.unavailable: mailing for sink mail: EENVELOPE 550; the server takes no mail from or to these addresses: check from and to; the alerts are kept',
    )
  })

  it('repeats what the server cannot take now', async () => {
    const { server, write } = await make('none')
    server.answer = () => ({ code: 452, text: 'disk full' })
    expect(wordOf((await write([makeAlert()]))[0])).toBe(
      'retry sink.unavailable: mailing for sink mail: EMESSAGE 452',
    )
  })

  it('reads the password again once it is refused', async () => {
    const { server, write, world } = await make('starttls', {}, 'CANARY-old')
    expect(wordOf((await write([makeAlert()]))[0])).toBe(
      'retry sink.unavailable: mailing for sink mail: EAUTH 535; check username and password; the alerts are kept',
    )
    world.secrets.set('password', 'CANARY')
    expect(await write([makeAlert()])).toEqual([{ status: 'delivered' }])
    expect(server.mails.length).toBe(1)
  })

  it.each([
    ['tls', { tls: {} }, 'an authority that it does not know'],
    ['starttls', { tls: {} }, 'an authority that it does not know'],
    ['starttls', { host: '127.0.0.1' }, 'another name than it asked for'],
  ] as const)(
    'sends neither mail nor password over %s with %j: %s',
    async (security, options, _) => {
      const { server, write } = await make(security, options)
      const [outcome] = await write([makeAlert()])
      expect(outcome).toMatchObject({ status: 'retry', afterMs: 60_000 })
      expect(wordOf(outcome)).toContain('check security, port and tls.caFile')
      expect(server.mails).toEqual([])
    },
  )

  it('sends nothing to a server that offers no STARTTLS', async () => {
    const { server, write } = await make('none', { security: 'starttls' })
    const [outcome] = await write([makeAlert()])
    expect(outcome).toMatchObject({ status: 'retry', afterMs: 60_000 })
    expect(server.mails).toEqual([])
  })
})
