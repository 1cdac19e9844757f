import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { openKafkaLog } from '../../../src/app/kafka-log.ts'
import { parseConfig } from '../../../src/config/load.ts'
import type { Log } from '../../../src/contracts.ts'
import { authorityFile, ownCertificate } from '../../../src/sources/webhook/own-certificate.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { silentLogger } from '../../../src/util/logger.ts'
import { fetchedFolder, javaHome } from '../../support/fetch.ts'
import { freePorts } from '../../support/free-port.ts'
import { kafka } from '../../support/kafka.ts'
import { newPrefix } from '../../support/kafka-log.ts'
import { keepAll } from '../../support/keep-all.ts'
import { type OwnServer, startOwnServer } from '../../support/servers.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts'

const run = promisify(execFile)
const never = new AbortController().signal
const topics = { events: keepAll, alerts: keepAll }
const password = 'CANARY-password'
const login = (module: string) => `org.apache.kafka.common.security.${module} required`

describe.skipIf(inject('kafka') === null)(
  'a log in Kafka on brokers that ask for a login over TLS',
  () => {
    let folder: TemporaryFolder
    let server: OwnServer
    let sasl: number
    let caFile: string

    beforeAll(async () => {
      folder = await createTemporaryFolder('secured')
      const options = { names: ['localhost'], clock: systemClock }
      const own = await ownCertificate({ dataDirectory: folder.path, ...options })
      caFile = authorityFile(folder.path)
      const [control, port] = (await freePorts(2)) as [number, number]
      sasl = port
      const started = await startOwnServer(kafka, {
        listeners: `PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:${control},SASL://127.0.0.1:${sasl}`,
        'advertised.listeners': `PLAINTEXT://127.0.0.1:{port},SASL://localhost:${sasl}`,
        'controller.quorum.bootstrap.servers': `127.0.0.1:${control}`,
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL',
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.location': file('broker.pem', `${own.key}\n${own.cert}`),
        'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
        'listener.name.sasl.plain.sasl.jaas.config': `${login('plain.PlainLoginModule')} user_kw="${password}";`,
        'listener.name.sasl.scram-sha-256.sasl.jaas.config': `${login('scram.ScramLoginModule')};`,
        'listener.name.sasl.scram-sha-512.sasl.jaas.config': `${login('scram.ScramLoginModule')};`,
      })
      if (started === undefined) throw new Error('this test needs a Kafka of its own')
      server = started
      await addScramUser(server.address)
    }, 180_000)
    afterAll(async () => {
      await server.stop()
      await folder.remove()
    })

    function file(name: string, text: string): string {
      writeFileSync(join(folder.path, name), text, { mode: 0o600 })
      return join(folder.path, name)
    }

    function openLog(mechanism: string, given = password, tls: object = { caFile }): Log {
      const config = parseConfig(
        JSON.stringify({
          log: {
            type: 'kafka',
            brokers: [`localhost:${sasl}`],
            prefix: newPrefix(),
            tls,
            sasl: { mechanism, username: 'kw', passwordFile: file('password', given) },
            topics: { replicationFactor: 1, partitions: 2 },
          },
        }),
        'test',
        folder.path,
      )
      if (config.log.type !== 'kafka') throw new Error('it was configured to be in Kafka')
      const settings = { config: config.log, topics }
      return openKafkaLog(settings, { clock: systemClock, logger: silentLogger })
    }

    it.each(['plain', 'scram-sha-256', 'scram-sha-512'])(
      'appends, reads and commits with %s',
      async (mechanism) => {
        const log = openLog(mechanism)
        await log.start()
        const records = Array.from({ length: 40 }, (_, number) => ({
          key: String(number),
          value: new Uint8Array([number]),
          partition: number % 2,
        }))
        await log.append([{ topic: 'events', records }], never)
        const limits = { maxRecords: 10, maxBytes: 1e6 }
        const read: string[] = []
        for await (const delivery of log.read('events', 'copy', 'earliest', limits, never)) {
          read.push(...delivery.records.map(({ key }) => key))
          const alert = { key: `after ${read.length}`, value: new Uint8Array(1) }
          const count = Buffer.from(String(read.length))
          await delivery.commit(
            [{ topic: 'alerts', records: [alert] }],
            [{ key: 'n', value: count }],
          )
          if (read.length === records.length) break
        }
        expect(read.toSorted()).toEqual(records.map(({ key }) => key).toSorted())
        const alerts = await log.browse('alerts', { order: 'oldest', limit: 10 })
        expect(alerts.map(({ key }) => key)).toEqual([
          'after 10',
          'after 20',
          'after 30',
          'after 40',
        ])
        const [status] = (await log.status()).filter(({ topic }) => topic === 'events')
        expect(status?.cursors).toEqual({ copy: status?.nextOffset })
        await log.stop(never)
      },
    )

    it.each(['plain', 'scram-sha-512'])(
      'says at once that the password is wrong (%s)',
      async (mechanism) => {
        const log = openLog(mechanism, 'CANARY-wrong')
        const started = await log.start().then(
          () => 'started',
          (error: Error) => error,
        )
        expect(started).toMatchObject({ code: 'log.permission', retryable: false })
        expect(String(started)).not.toContain('CANARY')
        expect(String(started)).toContain(`opening the log at localhost:${sasl}`)
        await log.stop(never)
      },
    )

    it('says at once that the authority is another one, or none was named', async () => {
      const other = await createTemporaryFolder('other')
      await ownCertificate({ dataDirectory: other.path, names: ['localhost'], clock: systemClock })
      for (const tls of [{ caFile: authorityFile(other.path) }, {}])
        await expect(openLog('plain', password, tls).start()).rejects.toMatchObject({
          code: 'tls.invalid',
          retryable: false,
        })
      await other.remove()
    })
  },
)

/** Kafka keeps SCRAM's users in its metadata; its own tool puts them there. */
async function addScramUser(address: string): Promise<void> {
  const [files, home] = [fetchedFolder(kafka.artifacts), await javaHome()]
  if (files === undefined || home === undefined)
    throw new Error('this test needs the files of Kafka and Java: npm run test:servers')
  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512'])
    await run(join(home, 'bin', 'java'), [
      ...['-cp', join(files, '*'), 'kafka.admin.ConfigCommand', '--bootstrap-server', address],
      ...['--alter', '--entity-type', 'users', '--entity-name', 'kw'],
      ...['--add-config', `${mechanism}=[password=${password}]`],
    ])
}
