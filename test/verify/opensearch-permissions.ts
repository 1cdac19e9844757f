import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { Agent, fetch } from 'undici'
import { toAuditEvent } from '../../src/audit/event.ts'
import { readSecret } from '../../src/config/secret.ts'
import type { Sink } from '../../src/contracts.ts'
import { messageOf } from '../../src/errors.ts'
import { setUp } from '../../src/sinks/elasticsearch/run-setup.ts'
import { serviceRole, setupRole } from '../../src/sinks/opensearch/access.ts'
import { opensearchSinkSchema } from '../../src/sinks/opensearch/config.ts'
import { createArchive, createSink } from '../../src/sinks/table.ts'
import { systemClock } from '../../src/util/clock.ts'
import { makeAlert } from '../sinks/make-alert.ts'
import { createSinkWorld } from '../sinks/world.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

// node test/verify/opensearch-permissions.ts ADDRESS CA-FILE ADMIN-PASSWORD: the roles of access.ts on an OpenSearch with its security plugin, and without each of their permissions.
const [address = '', caFile = '', adminPassword = ''] = process.argv.slice(2)
const dispatcher = new Agent({ connect: { ca: readFileSync(caFile) } })
await using folder = await createTemporaryFolder('permissions')
const password = 'Canary-5b1f4a52!'
const passwordFile = join(folder.path, 'password')
writeFileSync(passwordFile, password)

async function ask(user: string, secret: string, method: string, path: string, body?: object) {
  const response = await fetch(`${address}/${path}`, {
    method,
    dispatcher,
    headers: {
      authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return `${response.status} ${(await response.text()).slice(0, 120)}`
}

/** A user with the role, both of one name. */
async function make(name: string, role: object): Promise<void> {
  const api = '_plugins/_security/api'
  for (const [path, body] of [
    [`roles/${name}`, role],
    [`internalusers/${name}`, { password, opendistro_security_roles: [name] }],
  ] as const) {
    const said = await ask('admin', adminPassword, 'PUT', `${api}/${path}`, body)
    if (!/^20[01] /.test(said)) throw new Error(`${path}: ${said}`)
  }
}

let namespaces = 0
const configOf = (username: string, setup: string, namespace: string) =>
  opensearchSinkSchema.parse({
    name: 'search',
    type: 'opensearch',
    nodes: [address],
    username,
    passwordFile,
    setup,
    namespace,
    archiveEvents: true,
    tls: { caFile },
  })
const dependencies = { ...createSinkWorld(), clock: systemClock, readSecret }

async function write<T>(sink: Sink<T>, item: T): Promise<string> {
  const [outcome] = await sink.write([item], AbortSignal.timeout(60_000))
  await sink.stop(AbortSignal.timeout(5000))
  return 'error' in outcome! ? messageOf(outcome.error) : outcome!.status
}

/** Templates by somebody else, then alert (twice) and event in an index and a stream that are not there yet. */
async function tryWriting(name: string, change: (role: ReturnType<typeof serviceRole>) => object) {
  const namespace = `p${++namespaces}${Date.now()}`
  await make(name, change(serviceRole({ namespace, archiveEvents: true })))
  const options = {
    readSecret,
    clock: systemClock,
    isDryRun: false,
    signal: AbortSignal.timeout(60_000),
  }
  await setUp(configOf('setter', 'auto', namespace), options)
  const config = configOf(name, 'check', namespace)
  const event = toAuditEvent({ auditID: 'a' }, { cluster: 'prod', receivedAtMs: Date.now() })
  const said = [
    await write(createSink(config, dependencies), makeAlert({ revision: 1 })),
    await write(createSink(config, dependencies), makeAlert({ revision: 2 })),
    await write(createArchive(config, dependencies)!, event),
  ]
  process.stdout.write(`${name}: ${said.map((text) => text.slice(0, 160)).join(' | ')}\n`)
  return namespace
}

await make('setter', setupRole)
const namespace = await tryWriting('service', (role) => role)
for (const [method, path] of [
  ['GET', `kubewitness-alerts-${namespace}-2026.01/_search`],
  ['GET', `logs-kubernetes.audit_logs-${namespace}/_search`],
  ['DELETE', `kubewitness-alerts-${namespace}-2026.01`],
  ['PUT', '_component_template/kubewitness-alerts@base'],
  ['PUT', 'somewhere-else/_doc/1'],
] as const)
  process.stdout.write(
    `${method} ${path}: ${(await ask('service', password, method, path, method === 'PUT' ? {} : undefined)).slice(0, 3)}\n`,
  )
const whole = serviceRole({ namespace: 'x', archiveEvents: true })
for (const permission of whole.cluster_permissions)
  await tryWriting(`without-${permission.replaceAll(/[^a-z_]/g, '-')}`, (role) => ({
    ...role,
    cluster_permissions: role.cluster_permissions.filter((one) => one !== permission),
  }))
for (const action of new Set(whole.index_permissions.flatMap((one) => one.allowed_actions)))
  await tryWriting(`without-index-${action.replaceAll(/[^a-z_]/g, '-')}`, (role) => ({
    ...role,
    index_permissions: role.index_permissions.map((one) => ({
      ...one,
      allowed_actions: one.allowed_actions.filter((other) => other !== action),
    })),
  }))
await dispatcher.close()
