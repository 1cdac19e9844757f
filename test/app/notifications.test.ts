import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { Alert } from '../../src/contracts.ts'
import { makeAlert } from '../sinks/make-alert.ts'
import { type RunningApp, startApp } from '../support/running-app.ts'

const draft = {
  match: { actor: 'alice@*' },
  endsAt: new Date(Date.now() + 3_600_000).toISOString(),
  createdBy: 'bob@example.com',
  comment: 'moving the shop',
}

async function ask(
  { adminUrl, folder }: RunningApp,
  method: string,
  path: string,
  body?: unknown,
  token: string | undefined = readFileSync(join(folder, 'data', 'admin-token'), 'utf8').trim(),
): Promise<{ readonly status: number; readonly json: Record<string, unknown> }> {
  const response = await fetch(`${adminUrl}/api/v1/${path}`, {
    method,
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  // Every answer of the API is an object.
  return { status: response.status, json: (await response.json()) as Record<string, unknown> }
}

async function store({ app }: RunningApp, ...alerts: readonly Alert[]): Promise<void> {
  const records = alerts.map((alert) => ({
    key: `${alert.id}:${alert.revision}`,
    value: Buffer.from(JSON.stringify(alert)),
  }))
  await app.log.append([{ topic: 'alerts', records }], AbortSignal.timeout(5_000))
}

function delivered(running: RunningApp): string[] {
  const lines = running.stdout().split('\n').filter(Boolean)
  return lines.map((line) => (JSON.parse(line) as Alert).id)
}

const quick = { rules: { builtin: false } }
const console = { ...quick, sinks: [{ name: 'console', type: 'stdout' }] }

describe('silences of the service', () => {
  it('keep sinks from being told, while alerts are stored and say so', async () => {
    await using running = await startApp(console)
    const made = await ask(running, 'POST', 'silences', draft)
    expect(made).toEqual({
      status: 201,
      json: { silence: expect.objectContaining({ state: 'active', from: 'api', ...draft }) },
    })
    await store(running, makeAlert({ id: 'a' }), makeAlert({ id: 'b', actor: 'carol' }))
    await running.settle()
    expect(delivered(running)).toEqual(['b'])
    const { id } = made.json['silence'] as { id: string }
    const listed = await ask(running, 'GET', 'alerts')
    expect(listed.json['alerts']).toMatchObject([
      { id: 'b' },
      { id: 'a', silenced: { id, endsAt: draft.endsAt } },
    ])

    expect((await ask(running, 'DELETE', `silences/${id}`)).json).toMatchObject({
      silence: { id, state: 'expired' },
    })
    await store(running, makeAlert({ id: 'a', revision: 2, status: 'updated' }))
    await running.settle()
    expect(delivered(running)).toEqual(['b', 'a'])
    const { json } = await ask(running, 'GET', 'alerts/a')
    expect(json['revisions']).toMatchObject([{ revision: 1, silenced: { id } }, { revision: 2 }])
    expect(json['alert']).not.toHaveProperty('silenced')
    const metrics = await (await fetch(`${running.adminUrl}/metrics`)).text()
    expect(metrics).toContain('kubewitness_silences{state="expired"} 1')
    expect(metrics).toContain(
      'kubewitness_notifications_suppressed_total{sink="console",reason="silenced"} 1',
    )
  })

  it('are in force again when they are made again after their end', async () => {
    await using running = await startApp(quick)
    const whole = { ...draft, startsAt: '2026-01-01T00:00:00Z' }
    const post = async (): Promise<string> => {
      const { json } = await ask(running, 'POST', 'silences', whole)
      return (json['silence'] as { id: string }).id
    }
    const id = await post()
    await ask(running, 'DELETE', `silences/${id}`)
    expect(await post()).toBe(id)
    expect((await ask(running, 'GET', 'silences')).json['silences']).toMatchObject([
      { id, state: 'active' },
    ])
  })

  it('are made and ended only by who has the token, which nobody else can read', async () => {
    await using running = await startApp(quick)
    for (const token of ['', 'guess']) {
      expect((await ask(running, 'POST', 'silences', draft, token)).status).toBe(401)
      expect((await ask(running, 'DELETE', 'silences/x', undefined, token)).status).toBe(401)
    }
    expect(await ask(running, 'GET', 'silences', undefined, '')).toEqual({
      status: 200,
      json: { silences: [], next: null },
    })
    expect(statSync(join(running.folder, 'data', 'admin-token')).mode & 0o777).toBe(0o600)
  })

  it('are refused with every problem', async () => {
    await using running = await startApp(quick)
    const { json, status } = await ask(running, 'POST', 'silences', {
      endsAt: draft.endsAt,
      match: { level: 'hihg', actr: 'bob' },
      comment: '',
    })
    expect([status, (json['error'] as { message: string }).message.split('\n')]).toEqual([
      400,
      [
        expect.stringMatching(/^match\.level: /),
        expect.stringMatching(/^match\.actr: unknown key; did you mean actor\? allowed here: /),
        'createdBy: is missing',
        expect.stringMatching(/^comment: /),
      ],
    ])
    expect((await ask(running, 'DELETE', 'silences/nothing')).status).toBe(404)
  })

  it('are refused with what would be right when the request has another form, or is too long', async () => {
    await using running = await startApp(quick)
    const authorization = `Bearer ${readFileSync(join(running.folder, 'data', 'admin-token'), 'utf8').trim()}`
    const post = async (body: string, type: string): Promise<unknown> => {
      const headers = { authorization, 'content-type': type }
      const url = `${running.adminUrl}/api/v1/silences`
      const response = await fetch(url, { method: 'POST', headers, body })
      return ((await response.json()) as { error: { message: string } }).error.message
    }
    expect([
      await post('{}', 'text/plain'),
      await post(JSON.stringify({ comment: 'x'.repeat(40_000) }), 'application/json'),
      await post('{', 'application/json'),
    ]).toEqual([
      'send JSON with the header Content-Type: application/json',
      'the body is too long: a silence has 32 KiB at most',
      'the request is not understood: its path, its headers or the JSON of its body are malformed',
    ])
  })

  it('of a file are read again when it changes, and a broken file changes nothing', async () => {
    await using running = await startApp(
      { ...console, silences: { path: './silences.yml' } },
      undefined,
      {
        'silences.yml': JSON.stringify([draft]),
      },
    )
    const file = join(running.folder, 'silences.yml')
    const [silence] = (await ask(running, 'GET', 'silences')).json['silences'] as { id: string }[]
    expect(silence).toMatchObject({ from: 'file', state: 'active', comment: draft.comment })
    expect((await ask(running, 'DELETE', `silences/${silence!.id}`)).status).toBe(409)

    writeFileSync(file, '- { match: { actor: x }, endsAt: soon }')
    await running.app.reload()
    expect(running.said.find(({ fields }) => fields['what'] === 'silences')).toMatchObject({
      level: 'error',
      fields: { message: expect.stringContaining(`${file}:1: [0].endsAt: must be a time like`) },
    })
    await store(running, makeAlert({ id: 'a' }))
    writeFileSync(file, '')
    await running.settle()
    // Nobody says that it has changed.
    await vi.waitFor(
      async () => expect((await ask(running, 'GET', 'silences')).json['silences']).toEqual([]),
      { timeout: 10_000 },
    )
    await store(running, makeAlert({ id: 'b' }))
    await running.settle()
    expect(delivered(running)).toEqual(['b'])
  })
})

describe('routes of the service', () => {
  it('are taken over at a reload, unless they lead to sinks that do not run', async () => {
    await using running = await startApp(console)
    await store(running, makeAlert({ id: 'a' }))
    await running.settle()
    running.reconfigure({
      routes: [{ match: { actor: 'carol' }, sinks: ['console'] }, { sinks: [] }],
    })
    await running.app.reload()
    await store(running, makeAlert({ id: 'b' }), makeAlert({ id: 'c', actor: 'carol' }))
    await running.settle()
    expect(delivered(running)).toEqual(['a', 'c'])

    running.reconfigure({
      sinks: [...console.sinks, { name: 'new', type: 'stdout' }],
      routes: [{ sinks: ['new'] }],
    })
    await running.app.reload()
    expect(
      running.said.find(({ fields, level }) => level === 'error' && fields['what'] === 'routes'),
    ).toMatchObject({
      fields: { message: expect.stringMatching(/no sink is named new; .*restart the service/) },
    })
    await store(running, makeAlert({ id: 'd', actor: 'carol' }))
    await running.settle()
    expect(delivered(running)).toEqual(['a', 'c', 'd'])
  })
})
