import { X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, fetch } from 'undici'
import { describe, expect, it } from 'vitest'
import { toAuditEvent } from '../../../src/audit/event.ts'
import { readSecret } from '../../../src/config/secret.ts'
import type { Sink } from '../../../src/contracts.ts'
import type { ElasticsearchSinkConfig } from '../../../src/sinks/elasticsearch/config.ts'
import { elasticsearchSinkSchema } from '../../../src/sinks/elasticsearch/config.ts'
import { servicePrivileges, setupPrivileges } from '../../../src/sinks/elasticsearch/privileges.ts'
import { setUp } from '../../../src/sinks/elasticsearch/run-setup.ts'
import { createArchive, createSink } from '../../../src/sinks/table.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { makeAlert } from '../../sinks/make-alert.ts'
import { createSinkWorld } from '../../sinks/world.ts'
import { makeAuthority, makeChain } from '../../support/certificates.ts'
import {
  basicAuthorization,
  elasticsearch,
  type FileUser,
  startSecured,
} from '../../support/elasticsearch.ts'
import { fetchedFolder } from '../../support/fetch.ts'
import { wordOf } from '../../support/outcome-word.ts'
import { createTemporaryFolder } from '../../support/temporary-folder.ts'

const names = { namespace: 'eu', archiveEvents: true }
const service = servicePrivileges(names)
const users = {
  service: { name: 'service', password: 'CANARY-service', role: service },
  admin: { name: 'admin', password: 'CANARY-admin', role: setupPrivileges },
  both: {
    name: 'both',
    password: 'CANARY-both',
    role: { ...service, cluster: setupPrivileges.cluster },
  },
  blind: { name: 'blind', password: 'CANARY-blind', role: { ...service, cluster: [] } },
} satisfies Record<string, FileUser>

/** The service with all its privileges but one, for each. */
const lacking = service.indices.flatMap(({ names: patterns, privileges }, place) =>
  privileges.map((privilege) => ({
    place,
    name: `no-${privilege}-${place}`,
    password: `CANARY-${place}`,
    role: {
      ...service,
      indices: [{ names: patterns, privileges: privileges.filter((one) => one !== privilege) }],
    },
  })),
)

const access =
  'check the credentials; `kubewitness sinks setup --export` says which privileges they need'
const setup =
  'run `kubewitness sinks setup search` with credentials that may manage index templates'

const event = toAuditEvent(
  { auditID: 'a' },
  { cluster: 'prod', receivedAtMs: Date.UTC(2026, 0, 1) },
)

async function write<T>(sink: Sink<T> | undefined, item: T): Promise<string> {
  if (sink === undefined) throw new Error('there is no such sink')
  const [outcome] = await sink.write([item], AbortSignal.timeout(60_000))
  await sink.stop(AbortSignal.timeout(5000))
  return wordOf(outcome!)
}

describe.skipIf(fetchedFolder(elasticsearch.artifacts) === undefined)(
  'credentials with the privileges that sinks setup prints',
  () => {
    it('can set up, write, and do nothing else; no privilege is more than it needs', async () => {
      await using folder = await createTemporaryFolder('privileges')
      const authority = await makeAuthority('The authority of a cluster')
      const chain = await makeChain(authority, ['127.0.0.1'])
      const fingerprints = [authority, await makeAuthority('another')].map(
        ({ cert }) => new X509Certificate(cert).fingerprint256,
      )
      const server = await startSecured([...Object.values(users), ...lacking], chain)
      if (server === undefined) throw new Error('there is no Java')
      const caFile = join(folder.path, 'ca.pem')
      writeFileSync(caFile, authority.cert)
      const configOf = (
        user: FileUser,
        setup: string,
        tls: object = { caFingerprint: fingerprints[0] },
      ): ElasticsearchSinkConfig => {
        const passwordFile = join(folder.path, user.name)
        writeFileSync(passwordFile, user.password)
        return elasticsearchSinkSchema.parse({
          name: 'search',
          type: 'elasticsearch',
          nodes: [server.address],
          username: user.name,
          passwordFile,
          setup,
          tls,
          ...names,
        })
      }
      const dependencies = { ...createSinkWorld(), clock: systemClock, readSecret }
      const writeAs = async (
        user: FileUser,
        setup: string,
        revision: number,
      ): Promise<string[]> => {
        const config = configOf(user, setup)
        return [
          await write(createSink(config, dependencies), makeAlert({ revision })),
          await write(createArchive(config, dependencies), event),
        ]
      }
      const dispatcher = new Agent({ connect: { ca: authority.cert } })
      const statusOf = async (method: string, path: string): Promise<number> => {
        const headers = { authorization: basicAuthorization(users.service) }
        const request = await fetch(`${server.address}/${path}`, { method, headers, dispatcher })
        await request.arrayBuffer()
        return request.status
      }
      try {
        expect((await writeAs(users.service, 'auto', 1))[0]).toBe(
          `retry sink.unavailable: writing to sink search: the credentials may not look at the component template kubewitness-alerts@base, or make it; ${setup}`,
        )
        const steps = await setUp(configOf(users.admin, 'auto'), {
          readSecret,
          clock: systemClock,
          isDryRun: false,
          signal: AbortSignal.timeout(60_000),
        })
        expect(steps.map(({ action }) => action)).toEqual(['made', 'made', 'made', 'made'])
        for (const user of lacking) {
          const config = configOf(user, 'off')
          const said =
            user.place === 0
              ? await write(createSink(config, dependencies), makeAlert())
              : await write(createArchive(config, dependencies), event)
          expect(`${user.name}: ${said}`).toBe(
            `${user.name}: retry sink.unavailable: writing to sink search: 403 security_exception; ${access}`,
          )
        }
        const writeOver = (tls: object) =>
          write(createSink(configOf(users.service, 'off', tls), dependencies), makeAlert())
        expect(await writeOver({ caFingerprint: fingerprints[1] })).toMatch(
          /^retry sink\.unavailable: writing to sink search: the server shows no certificate with the fingerprint/,
        )
        expect(await writeOver({})).toMatch(
          /^retry sink\.unavailable: writing to sink search: .+; set tls\.caFile/,
        )
        expect(await writeOver({ caFile })).toBe('delivered')
        expect(await writeAs(users.service, 'check', 1)).toEqual(['delivered', 'delivered'])
        expect(await writeAs(users.service, 'check', 2)).toEqual(['delivered', 'delivered'])
        expect(await writeAs(users.both, 'auto', 3)).toEqual(['delivered', 'delivered'])
        expect(await writeAs(users.blind, 'off', 4)).toEqual(['delivered', 'delivered'])
        const index = 'kubewitness-alerts-eu-2026.01'
        const stream = 'logs-kubernetes.audit_logs-eu'
        for (const [method, path] of [
          ['GET', `${index}/_search`],
          ['GET', `${stream}/_search`],
          ['DELETE', index],
          ['PUT', '_component_template/kubewitness-alerts@base'],
          ['PUT', 'somewhere-else/_doc/1'],
        ] as const)
          expect(await statusOf(method, path), `${method} ${path}`).toBeOneOf([400, 403])
      } finally {
        await dispatcher.close()
        await server.stop()
      }
    }, 400_000)
  },
)
