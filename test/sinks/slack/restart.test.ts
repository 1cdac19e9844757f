import { expect, it } from 'vitest'
import type { Alert } from '../../../src/contracts.ts'
import { createDelivery } from '../../../src/deliver/deliver.ts'
import { createMemoryLog } from '../../../src/log/memory.ts'
import { createSink, sinkConfigSchema } from '../../../src/sinks/table.ts'
import { createMetrics } from '../../../src/util/metrics.ts'
import { keepAll } from '../../support/keep-all.ts'
import { startSlackStandIn } from '../../support/slack-stand-in.ts'
import { watchCommits } from '../../support/watch-commits.ts'
import { makeAlert } from '../make-alert.ts'
import { createSinkWorld, whileTimePasses } from '../world.ts'

const never = new AbortController().signal

it('an alert goes on in its thread after a restart of the service', async () => {
  const world = createSinkWorld({ token: 'xoxb-CANARY-token' })
  const slack = await startSlackStandIn(world.clock)
  const { log, committed } = watchCommits(
    createMemoryLog({ clock: world.clock, topics: { alerts: keepAll, 'dead-letter': keepAll } }),
  )
  const { apiUrl, channel } = slack
  const config = sinkConfigSchema.parse({
    name: 'chat',
    type: 'slack',
    tokenFile: 'token',
    channel,
    apiUrl,
    timeoutMs: 100_000,
  })

  /** A process that tells of one revision and ends. */
  const run = async (alert: Alert): Promise<void> => {
    const record = { key: `a:${alert.revision}`, value: Buffer.from(JSON.stringify(alert)) }
    await log.append([{ topic: 'alerts', records: [record] }], never)
    const delivery = createDelivery({
      log,
      sink: createSink(config, world),
      name: 'chat',
      clock: world.clock,
      random: () => 0,
      logger: world.logger,
      metrics: createMetrics({ withProcessMetrics: false }),
    })
    await delivery.start()
    await whileTimePasses(world, committed(alert.revision))
    await delivery.stop(AbortSignal.timeout(5_000))
  }

  await run(makeAlert({ id: 'a' }))
  await run(makeAlert({ id: 'a', revision: 2, status: 'updated', count: 2 }))
  await run(makeAlert({ id: 'a', revision: 3, status: 'closed', count: 3 }))
  const [first] = slack.messages
  expect(slack.messages).toMatchObject([
    { text: expect.stringMatching(/Closed: Shell in a pod/), isEdited: true },
    { text: expect.stringMatching(/Updated: Shell in a pod: 2 events/), threadTs: first?.ts },
  ])
  expect([...(await log.readState('alerts', 'sink:chat', ''))]).toEqual([])
  await slack.close()
})
