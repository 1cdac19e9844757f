import { describe, expect, it } from 'vitest'
import { type ServiceRole, serviceRoles } from '../../src/app/service-role.ts'
import { createBodyGenerator } from '../support/generate.ts'
import { type RunningApp, startApp } from '../support/running-app.ts'

const start = (...roles: ServiceRole[]): Promise<RunningApp> =>
  startApp({ sinks: [{ name: 'console', type: 'stdout' }] }, new Set(roles))

async function show({ adminUrl }: RunningApp): Promise<Record<string, unknown>> {
  const text = async (path: string) => (await fetch(`${adminUrl}${path}`)).text()
  const metrics = await text('/metrics')
  return {
    ready: JSON.parse(await text('/readyz')),
    page: /Roles of this process: (.*)\./.exec(await text('/'))?.[1],
    metrics: [...metrics.matchAll(/^kubewitness_role\{role="(\w+)"\} 1$/gm)].map(
      ([, role]) => role,
    ),
  }
}

describe('a process with some of the roles', () => {
  it('receives and stores with ingest alone, and evaluates and delivers nothing', async () => {
    await using running = await start('ingest')
    await running.post(createBodyGenerator({ seed: 1 })(0).bytes)
    const [events] = (await running.app.log.status()).filter(({ topic }) => topic === 'events')
    expect(events).toMatchObject({ records: 1, cursors: {} })
    expect(await show(running)).toEqual({
      ready: { ready: true, reasons: [], roles: ['ingest'] },
      page: 'ingest',
      metrics: ['ingest'],
    })
  })

  it('does not listen for events without ingest', async () => {
    await using running = await start('deliver', 'detect')
    expect(running.app.webhook).toBe(undefined)
    expect(await show(running)).toMatchObject({
      ready: { ready: true, roles: ['detect', 'deliver'] },
      page: 'detect, deliver',
    })
    await running.app.reload()
    expect(running.said.filter(({ message }) => message === 'Reloaded')).toEqual([
      { level: 'info', message: 'Reloaded', fields: { what: 'rules' } },
      { level: 'info', message: 'Reloaded', fields: { what: 'routes' } },
      { level: 'info', message: 'Reloaded', fields: { what: 'admin token' } },
    ])
  })

  it('says that nobody else can run the others on an embedded store', async () => {
    await using running = await start('ingest', 'detect')
    expect(running.said.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        message: 'Roles',
        fields: {
          roles: ['ingest', 'detect'],
          warning: expect.stringContaining('deliver, archive, observe do not run'),
        },
      },
    ])
  })

  it('says nothing when all run', async () => {
    await using running = await start(...serviceRoles)
    expect(running.said.filter(({ level }) => level === 'warn')).toEqual([])
  })
})
