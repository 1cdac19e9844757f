import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Alert } from '../../../src/contracts.ts'
import { createSink, sinkConfigSchema } from '../../../src/sinks/table.ts'
import { makeAlert, makeRule } from '../make-alert.ts'
import { type ScriptedServer, startScriptedServer } from '../scripted-server.ts'
import { createSinkWorld } from '../world.ts'

let server: ScriptedServer
beforeEach(async () => {
  server = await startScriptedServer()
})
afterEach(() => server.close())

const never = new AbortController().signal

function makeSink(options: object = {}, secrets: Record<string, string> = {}) {
  const world = createSinkWorld(secrets)
  const config = sinkConfigSchema.parse({
    name: 'am',
    type: 'alertmanager',
    url: `${server.origin}/prefix/`,
    ...options,
  })
  const minuteMs = 60_000
  const at = (minutes: number) => new Date(world.clock.nowMs() + minutes * minuteMs).toISOString()
  const alertAt = (minutes: number, changes: Partial<Alert> = {}) =>
    makeAlert({ firstSeen: at(minutes), lastSeen: at(minutes), ...changes })
  return { world, sink: createSink(config, world), at, alertAt }
}

function sent(): { labels: Record<string, string>; startsAt: string; endsAt: string }[][] {
  return server.requests.map(({ body }) => JSON.parse(body))
}

describe('the Alertmanager sink', () => {
  it('posts labels that identify the alert, and annotations for people', async () => {
    const { sink, alertAt, at } = makeSink({ labels: { team: 'security', cluster: 'ignored' } })
    await sink.write([alertAt(-1)], never)
    expect(server.requests[0]).toMatchObject({ method: 'POST', path: '/prefix/api/v2/alerts' })
    expect(sent()).toEqual([
      [
        {
          labels: {
            alertname: 'exec_into_pod',
            severity: 'medium',
            cluster: 'prod',
            namespace: 'shop',
            actor: 'alice@example.com',
            alert_id: 'alert-1',
            team: 'security',
          },
          annotations: {
            title: 'Shell in a pod',
            summary: 'alice@example.com opened a shell in pod shop/web-0',
            description: 'exec: objectRef.subresource = exec',
            cluster: 'prod',
            actor: 'alice@example.com',
            from: '192.0.2.7',
            object: 'pods/exec shop/web-0',
            user_agent: 'kubectl/v1.36',
            first_seen: at(-1),
            events: '1',
          },
          startsAt: at(-1),
          endsAt: at(24 * 60),
        },
      ],
    ])
  })

  it('resolves an alert that is closed, at the time it was last seen, under the same labels', async () => {
    const { sink, alertAt, at } = makeSink()
    await sink.write([alertAt(-5), alertAt(-5, { revision: 2, status: 'closed' })], never)
    const [[open, closed] = []] = sent()
    expect(closed!.labels).toEqual(open!.labels)
    expect([closed!.startsAt, closed!.endsAt]).toEqual([at(-5), at(-5)])
  })

  it('never resolves in the future, whatever the clock of the API server says', async () => {
    const { sink, alertAt, at } = makeSink()
    await sink.write([alertAt(-5, { status: 'closed', lastSeen: at(3) })], never)
    expect(sent()[0]![0]!.endsAt).toBe(at(0))
  })

  it('resolves the alert of the level before when the level has changed', async () => {
    const { sink, alertAt, at } = makeSink()
    const risen = alertAt(-1, {
      revision: 2,
      status: 'updated',
      rule: makeRule('high'),
      previousLevel: 'medium',
    })
    await sink.write([risen], never)
    expect(sent()[0]!.map(({ labels, endsAt }) => [labels['severity'], endsAt])).toEqual([
      ['medium', at(-1)],
      ['high', at(24 * 60)],
    ])
  })

  it('lets an alert that is told late fire for ten minutes though it is over, so that it notifies', async () => {
    const { sink, alertAt, at } = makeSink()
    const late = alertAt(-60)
    const closed = { ...late, revision: 2, status: 'closed' } as const
    await sink.write([late, closed], never)
    await sink.write([closed], never)
    expect(sent().map((part) => part.map(({ endsAt }) => endsAt))).toEqual([
      [at(10), at(10)],
      [at(10)],
    ])
  })

  it('hands on no angle brackets, of which chats make mentions and links', async () => {
    const { sink, alertAt } = makeSink()
    const hostile = '<!channel> <https://example.com|x>'
    await sink.write(
      [alertAt(-1, { actor: hostile, userAgent: hostile, summary: hostile, cluster: hostile })],
      never,
    )
    expect(server.requests[0]!.body).not.toMatch(/[<>]/)
  })

  it('logs in with a token or a password, and reads it again once it is refused', async () => {
    const token = makeSink({ bearerTokenFile: 'token' }, { token: 'CANARY-old' })
    server.reply = () => ({ status: 401 })
    await token.sink.write([token.alertAt(-1)], never)
    token.world.secrets.set('token', 'CANARY-new')
    await token.sink.write([token.alertAt(-1)], never)
    const basic = makeSink({ username: 'kw', passwordFile: 'pw' }, { pw: 'CANARY' })
    await basic.sink.write([basic.alertAt(-1)], never)
    expect(server.requests.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer CANARY-old',
      'Bearer CANARY-new',
      `Basic ${Buffer.from('kw:CANARY').toString('base64')}`,
    ])
  })
})
