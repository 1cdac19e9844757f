import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Alert } from '../../src/contracts.ts'
import { readWebhookBodies } from '../support/recordings.ts'
import { runCommand } from '../support/run-command.ts'
import { type RunningApp, startApp } from '../support/running-app.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const account = { kind: 'ServiceAccount', namespace: 'kube-system', name: 'deployment-controller' }
const manifests = JSON.stringify({
  apiVersion: 'v1',
  kind: 'List',
  items: [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'all' },
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'all' },
      roleRef: { kind: 'ClusterRole', name: 'all' },
      subjects: [account],
    },
  ],
})
const bodies = readWebhookBodies()
  .slice(0, 5)
  .map(({ bytes }) => bytes)

/** Looks until there is what is looked for; fails before the test does. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = AbortSignal.timeout(55_000)
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    await wait(50, undefined, { signal: deadline })
  }
}

async function startObserving(folder: string, roles: object = {}): Promise<RunningApp> {
  const rbac = join(folder, 'rbac.json')
  writeFileSync(rbac, manifests)
  const running = await startApp({
    log: { type: 'memory' },
    rules: { builtin: false },
    sinks: [{ name: 'console', type: 'stdout' }],
    roles: { observe: true, manifests: [{ cluster: 'default', paths: [rbac] }], ...roles },
  })
  for (const body of bodies) await running.post(body)
  return running
}

async function records(running: RunningApp, path: string): Promise<unknown> {
  const response = await fetch(`${running.adminUrl}/api/v1/roles/${path}`)
  return await response.json()
}

it('the service answers what the commands print of the same events and manifests', async () => {
  await using folder = await createTemporaryFolder('roles-api')
  await using running = await startObserving(folder.path)
  const printed = async (...args: readonly string[]): Promise<unknown[]> => {
    const options = ['--rbac', join(folder.path, 'rbac.json'), '--output', 'json', '--', '-']
    const stdin = bodies.map(String).join('\n')
    const { stdout } = await runCommand(['roles', ...args, ...options], { stdin })
    return stdout.split('\n').flatMap((line): unknown[] => (line === '' ? [] : [JSON.parse(line)]))
  }
  const diff = await printed('diff', '--serviceaccount', 'kube-system:deployment-controller')
  const name = 'cluster=default&serviceaccount=kube-system:deployment-controller'
  const settled = await until(async () => {
    const answer = await records(running, `diff?${name}`)
    return JSON.stringify(answer) === JSON.stringify({ diff, next: null }) ? answer : undefined
  })
  expect(settled).toEqual({ diff, next: null })
  expect(await records(running, 'report?cluster=default')).toMatchObject({
    report: await printed('report'),
    next: null,
  })
  const page = await fetch(`${running.adminUrl}/api/v1/roles/report?cluster=default&format=html`)
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(page.headers.get('content-security-policy')).toBe(
    "default-src 'none'; style-src 'unsafe-inline'",
  )
  expect(await page.text()).toContain('<h2>Who may do everything</h2>')
  expect(await records(running, 'report?cluster=other')).toEqual({
    error: {
      code: 'no_manifests',
      message: 'what this cluster grants is not known; name its manifests in roles.manifests',
    },
  })
  writeFileSync(join(folder.path, 'rbac.json'), '{"kind": "Role"')
  expect(await records(running, 'report?cluster=default')).toEqual({
    error: {
      code: 'unusable',
      message: expect.stringMatching(
        /^the manifests of this cluster cannot be used: .*rbac\.json:1:16: /,
      ),
    },
  })
})

it('a report comes by the calendar, to every sink, and stays in a folder', {
  timeout: 60_000,
}, async () => {
  await using folder = await createTemporaryFolder('roles-report')
  await using running = await startObserving(folder.path, {
    report: { schedule: '* * * * * *', level: 'medium', keep: 1 },
  })
  const alert = await until(async () => {
    const lines = running.stdout().split('\n').slice(0, -1)
    // The sink writes alerts alone.
    const alerts = lines.map((line) => JSON.parse(line) as Alert)
    // The first ones may come before anything was observed.
    return alerts.find(
      ({ summary, why }) =>
        !summary.startsWith('No events were observed') &&
        why.some(({ value }) => value.includes('deployment-controller')),
    )
  })
  expect(alert).toMatchObject({
    status: 'closed',
    rule: { name: 'roles_report', level: 'medium' },
    cluster: 'default',
    summary: expect.stringMatching(/^Observed from .* The whole report: \S+, or \/api\/v1\/roles/),
  })
  expect(alert.why[0]).toEqual({
    selection: 'report',
    field: 'roles',
    value: expect.stringMatching(
      /^ServiceAccount kube-system\/deployment-controller may do everything \(ClusterRoleBinding all\) and did \d+ different things\.$/,
    ),
  })
  const reports = join(running.folder, 'data', 'reports')
  const [kept, ...others] = readdirSync(reports).filter((name) => name.endsWith('.html'))
  expect(others).toEqual([])
  const path = join(reports, kept ?? '')
  expect(readFileSync(path, 'utf8')).toContain('<h1>RBAC: granted and used</h1>')
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

it('that a report could not be made is said to the sinks, too', async () => {
  await using folder = await createTemporaryFolder('roles-report')
  await using running = await startObserving(folder.path, {
    manifests: [{ cluster: 'default', paths: [join(folder.path, 'nothing')] }],
    report: { schedule: '* * * * * *' },
  })
  const line = await until(async () => running.stdout().split('\n').slice(0, -1)[0])
  expect(JSON.parse(line)).toMatchObject({
    rule: { name: 'roles_report', level: 'informational' },
    summary: expect.stringMatching(
      /^The report on the roles of default could not be made: input\.unreadable: cannot read .*nothing/,
    ),
  })
})
