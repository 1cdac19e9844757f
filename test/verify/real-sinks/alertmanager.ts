import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { makeAlert, makeRule } from '../../sinks/make-alert.ts'
import { startScriptedServer } from '../../sinks/scripted-server.ts'
import { startChild } from '../../support/child.ts'
import { freePort } from '../../support/free-port.ts'
import { createTemporaryFolder } from '../../support/temporary-folder.ts'
import { report, startRealSink } from './world.ts'

// `ALERTMANAGER=/path/to/alertmanager node test/verify/real-sinks/alertmanager.ts`: the sink against a real one, whose
// notifications come back here. docs/verification.md says how to build one.
interface Notification {
  readonly alerts: readonly { readonly status: string; readonly labels: Record<string, string> }[]
}

const program = process.env['ALERTMANAGER']
if (program === undefined) throw new Error('set ALERTMANAGER to the program')
await using folder = await createTemporaryFolder('alertmanager')
const notifications = await startScriptedServer()
const config = {
  route: {
    receiver: 'back',
    group_by: ['...'],
    group_wait: '1s',
    group_interval: '1s',
    repeat_interval: '1h',
  },
  receivers: [
    { name: 'back', webhook_configs: [{ url: notifications.origin, send_resolved: true }] },
  ],
}
writeFileSync(join(folder.path, 'config.yml'), JSON.stringify(config))
const address = `127.0.0.1:${await freePort()}`
const get = async (path: string): Promise<unknown> =>
  (await fetch(`http://${address}/am/api/v2/${path}`)).json()
const server = await startChild({
  name: 'Alertmanager',
  command: [
    program,
    '--config.file=config.yml',
    '--storage.path=data',
    `--web.listen-address=${address}`,
    '--web.route-prefix=/am',
    '--cluster.listen-address=',
  ],
  folder: folder.path,
  environment: {},
  check: async () => void (await get('status')),
  readyTimeoutMs: 20_000,
})
try {
  const sink = await startRealSink({ type: 'alertmanager', url: `http://${address}/am` })
  const at = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()
  const now = { firstSeen: at(-1), lastSeen: at(-1) }
  const many = Array.from({ length: 1000 }, (_, i) => makeAlert({ id: `many-${i}`, ...now }))
  const hostile = '<!channel>"\\\u0000\ud800 {{ end }}'
  const risen = { id: 'risen', ...now }
  const late = { id: 'late', firstSeen: at(-60), lastSeen: at(-60) }
  for (let i = 0; i < many.length; i += 200) await sink.write(many.slice(i, i + 200))
  await sink.write(many.slice(0, 200))
  await sink.write([
    makeAlert({ id: 'hostile', actor: hostile, cluster: hostile, summary: hostile, ...now }),
    makeAlert({ ...risen, rule: makeRule('low') }),
    makeAlert({ ...late }),
    makeAlert({ ...late, revision: 2, status: 'closed' }),
  ])
  const active = async () =>
    ((await get('alerts')) as { labels: Record<string, string> }[])
      .map(({ labels }) => `${labels['alert_id']} ${labels['severity']}`)
      .filter((text) => !text.startsWith('many'))
      .toSorted()
  report('alerts that fire', ((await get('alerts')) as unknown[]).length, 1003)
  report('of them', await active(), ['hostile medium', 'late medium', 'risen low'])
  await wait(5_000)
  await sink.write([
    makeAlert({
      ...risen,
      revision: 2,
      status: 'updated',
      previousLevel: 'low',
      rule: makeRule('high'),
    }),
    makeAlert({ id: 'many-0', ...now, revision: 2, status: 'closed' }),
  ])
  report('after a new level', await active(), ['hostile medium', 'late medium', 'risen high'])
  await wait(5_000)
  const told = notifications.requests.flatMap(
    ({ body }) => (JSON.parse(body) as Notification).alerts,
  )
  const ids = (status: string) =>
    new Set(told.filter((alert) => alert.status === status).map(({ labels }) => labels['alert_id']))
  report('alerts that notified as firing', ids('firing').size, 1003)
  report('alerts that notified as resolved', [...ids('resolved')].toSorted(), ['many-0', 'risen'])
  await server.kill('SIGTERM')
  const [outcome] = await sink.attempt([makeAlert(now)])
  report('once it is down', outcome?.status, 'retry')
  await sink.stop()
} finally {
  await server.kill('SIGKILL')
  await notifications.close()
}
