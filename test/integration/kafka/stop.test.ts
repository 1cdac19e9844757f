import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Alert } from '../../../src/contracts.ts'
import { freePort } from '../../support/free-port.ts'
import { newPrefix } from '../../support/kafka-log.ts'
import { type ProxiedKafka, startProxiedKafka } from '../../support/proxied-kafka.ts'
import type { Fault } from '../../support/proxied-pair.ts'
import { recordedAttackBodies } from '../../support/recorded-attacks.ts'
import { startApp } from '../../support/running-app.ts'
import { startService } from '../../support/service-process.ts'
import { postBodies } from '../../support/service-sender.ts'
import { exportTopic } from '../../support/stored.ts'
import { createTemporaryFolder } from '../../support/temporary-folder.ts'
import { waitUntilRead } from '../../support/until-read.ts'

/** Less than orchestrators give a process by default; nearly all of it is for a busy machine. */
const withinMs = 25_000
const clean = { code: 0, signal: null }
const bodies = recordedAttackBodies()

/** Ids of the alerts that are open or were, without the service's own. */
function idsOf(alerts: readonly Alert[]): string[] {
  const ours = alerts.filter(({ actor }) => actor !== 'kubewitness')
  return [...new Set(ours.map(({ rule, id }) => `${rule.name} ${id}`))].toSorted()
}

describe.skipIf(inject('kafka') === null)('SIGTERM to the service on a log in Kafka', () => {
  let own: ProxiedKafka
  let expected: readonly string[]
  beforeAll(async () => {
    own = await startProxiedKafka()
    await using undisturbed = await startApp({ log: { type: 'memory' } })
    for (const body of bodies) await undisturbed.post(body)
    await undisturbed.settle()
    expected = idsOf(await undisturbed.alerts())
  }, 300_000)
  afterAll(() => own[Symbol.asyncDispose]())

  async function open(sink: object) {
    const folder = await createTemporaryFolder('stop')
    const config = {
      log: {
        type: 'kafka',
        brokers: [own.address],
        prefix: newPrefix(),
        topics: { partitions: 2, replicationFactor: 1 },
        sessionTimeoutMs: 6000,
      },
      sinks: [{ name: 'sink', ...sink }],
      logLevel: 'warn',
    }
    return {
      folder: folder.path,
      start: () => startService({ folder: folder.path, config, readyTimeoutMs: 180_000 }),
      [Symbol.asyncDispose]: folder.remove,
    }
  }

  it.each<Fault>([{ kind: 'refuse' }, { kind: 'black-hole' }])(
    'ends it in time while the brokers are away ($kind), and its next start finds all that was acknowledged',
    async (fault) => {
      await using service = await open({ type: 'file', path: './alerts.jsonl' })
      const first = await service.start()
      await postBodies(first, bodies)
      await own.proxy.setFault(fault)
      const ended = await first.stop(withinMs).finally(() => own.proxy.setFault({ kind: 'none' }))
      expect(ended).toEqual(clean)
      const second = await service.start()
      await waitUntilRead(second, ['detect', 'sink:sink'])
      expect(await second.stop(withinMs)).toEqual(clean)
      const lines = readFileSync(join(service.folder, 'alerts.jsonl'), 'utf8').trim().split('\n')
      // The sink wrote alerts.
      expect(idsOf(lines.map((line) => JSON.parse(line) as Alert))).toEqual(expected)
      expect(idsOf((await exportTopic(service.folder, 'alerts')) as Alert[])).toEqual(expected)
    },
    600_000,
  )

  it('ends it in time while it joins its groups', async () => {
    await using service = await open({ type: 'file', path: './alerts.jsonl' })
    for (let time = 0; time < 3; time++) {
      const running = await service.start()
      expect(await running.stop(withinMs)).toEqual(clean)
    }
  }, 600_000)

  it('ends it in time while a sink holds what was delivered, also without brokers', async () => {
    const port = await freePort()
    const isAsked = Promise.withResolvers<void>()
    const silent = createServer(() => isAsked.resolve()).listen(port, '127.0.0.1')
    await using service = await open({ type: 'webhook', url: `http://127.0.0.1:${port}/` })
    const first = await service.start()
    await postBodies(first, bodies)
    await isAsked.promise
    expect(await first.stop(withinMs)).toEqual(clean)
    const second = await service.start()
    await own.proxy.setFault({ kind: 'refuse' })
    const ended = await second.stop(withinMs).finally(() => own.proxy.setFault({ kind: 'none' }))
    expect(ended).toEqual(clean)
    silent.closeAllConnections()
    silent.close()
  }, 600_000)
})
