import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Alert } from '../../src/contracts.ts'
import { authorityFile, ownCertificate } from '../../src/sources/webhook/own-certificate.ts'
import { systemClock } from '../../src/util/clock.ts'
import { type ScriptedServer, startScriptedServer } from '../sinks/scripted-server.ts'
import { runCommand } from '../support/run-command.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts'

let folder: TemporaryFolder
let server: ScriptedServer
beforeEach(async () => {
  folder = await createTemporaryFolder('sinks')
  server = await startScriptedServer()
  const gone = await startScriptedServer()
  await gone.close()
  writeFileSync(join(folder.path, 'url'), `${server.origin}/CANARY-1\n`)
  const sinks = [
    { name: 'hook', type: 'webhook', urlFile: './url', minimumLevel: 'high', timeoutMs: 2000 },
    { name: 'file', type: 'file', path: './alerts.jsonl' },
    { name: 'broken', type: 'webhook', urlFile: './nothing' },
    { name: 'gone', type: 'webhook', url: gone.origin },
    { name: 'search', type: 'elasticsearch', nodes: [gone.origin], archiveEvents: true },
  ]
  const routes = [
    { match: { level: 'critical' }, sinks: ['hook'], continue: true },
    { sinks: ['file', 'broken', 'gone'] },
  ]
  writeFileSync(join(folder.path, 'kubewitness.yml'), JSON.stringify({ sinks, routes }))
})
afterEach(async () => {
  await server.close()
  await folder.remove()
})

const run = (...argv: readonly string[]) => runCommand(['sinks', ...argv], { folder: folder.path })

describe('sinks list', () => {
  it('names the sinks, and the routes that lead there', async () => {
    const { code, stdout } = await run('list')
    expect([code, stdout.split('\n')]).toEqual([
      0,
      [
        'NAME    TYPE           MINIMUM LEVEL  ROUTES     EVENTS',
        'hook    webhook        high           routes[0]  -',
        'file    file           informational  routes[1]  -',
        'broken  webhook        informational  routes[1]  -',
        'gone    webhook        informational  routes[1]  -',
        'search  elasticsearch  informational  -          all',
        '',
      ],
    ])
  })

  it('gives one object a line', async () => {
    const { stdout } = await run('list', '--output', 'json')
    expect(JSON.parse(stdout.split('\n')[0]!)).toEqual({
      name: 'hook',
      type: 'webhook',
      minimumLevel: 'high',
      events: false,
      routes: [0],
    })
  })
})

describe('sinks test', () => {
  it('sends an alert that says it is a test, and tells what the other side says', async () => {
    server.reply = () => ({ status: 202, body: 'thanks\u001b[31m' })
    const { code, stderr, stdout } = await run('test', 'hook', '--level', 'critical')
    expect([code, stderr, stdout.split('\n')]).toEqual([
      0,
      '',
      ['hook (webhook): delivered an alert of level critical', '  answered 202: thanks [31m', ''],
    ])
    const { alerts } = JSON.parse(server.requests[0]!.body) as { alerts: Alert[] }
    expect(alerts).toEqual([
      expect.objectContaining({
        status: 'open',
        rule: expect.objectContaining({ name: 'sink_test', level: 'critical' }),
        summary:
          'This is a test of the sink hook, sent by `kubewitness sinks test`. Nothing has happened.',
      }),
    ])
  })

  it('takes the level that the sink is told of, and says when the service would not tell it', async () => {
    const { stderr, stdout } = await run('test', 'hook', '--output', 'json')
    expect(JSON.parse(stdout)).toMatchObject({ level: 'high', outcome: 'delivered' })
    expect(stderr).toBe(
      'the service itself would not tell it of such an alert: no route leads there\n',
    )
    expect((await run('test', 'hook', '--level', 'low')).stderr).toContain(
      'its minimumLevel is high',
    )
  })

  it('sends the end of it too, if so asked', async () => {
    expect((await run('test', 'file', '--close')).code).toBe(0)
    const lines = readFileSync(join(folder.path, 'alerts.jsonl'), 'utf8').trim().split('\n')
    const alerts = lines.map((line) => JSON.parse(line) as Alert)
    expect(alerts.map(({ id, revision, status }) => [id, revision, status])).toEqual([
      [alerts[0]!.id, 1, 'open'],
      [alerts[0]!.id, 2, 'closed'],
    ])
  })

  it('says 1 when the other side refuses, and shows no secret that it repeats', async () => {
    server.reply = ({ path }) => ({ status: 404, body: `no ${server.origin}${path} here` })
    const { code, stdout } = await run('test', 'hook', '--output', 'json')
    expect([code, JSON.parse(stdout)]).toEqual([
      1,
      {
        sink: 'hook',
        type: 'webhook',
        alert: expect.stringMatching(/^[0-9a-f]{32}$/),
        level: 'high',
        outcome: 'refused',
        error:
          'sink.unavailable: posting to sink hook: answered 404; check the address and the secret; the alerts are kept',
        answers: [{ status: 404, body: 'no <redacted> here' }],
      },
    ])
    server.reply = () => ({ status: 400, body: 'bad' })
    expect((await run('test', 'hook')).code).toBe(1)
  })

  it('tells what the other side says over a connection with certificates of its own', async () => {
    const certificate = await ownCertificate({
      dataDirectory: folder.path,
      names: ['localhost'],
      clock: systemClock,
    })
    const secured = createServer(certificate, (_, response) =>
      response.writeHead(202).end('thanks'),
    )
    await once(secured.listen(0, '127.0.0.1'), 'listening')
    try {
      const { port } = secured.address() as AddressInfo // a TCP server that listens has one
      const tls = { caFile: authorityFile(folder.path) }
      const sink = { name: 'hook', type: 'webhook', url: `https://localhost:${port}/`, tls }
      writeFileSync(join(folder.path, 'kubewitness.yml'), JSON.stringify({ sinks: [sink] }))
      const { code, stdout } = await run('test', 'hook')
      expect([code, stdout]).toEqual([
        0,
        'hook (webhook): delivered an alert of level medium\n  answered 202: thanks\n',
      ])
    } finally {
      secured.closeAllConnections()
      secured.close()
    }
  })

  it('says 3 when the other side does not answer', async () => {
    const { code, stdout } = await run('test', 'gone')
    expect([code, stdout]).toEqual([
      3,
      'gone (webhook): unavailable\n  sink.unavailable: posting to sink gone: ECONNREFUSED\n',
    ])
  })

  it('says 2 for a sink that there is not, or that lacks its secret', async () => {
    expect(await run('test', 'hok')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'kubewitness: usage.invalid: no sink is named hok; choose one of hook, file, broken, gone, search\n',
    })
    expect((await run('test', 'broken')).code).toBe(2)
  })
})
