import { describe, expect, inject, it } from 'vitest'
import { createSenderReports, type SenderReports } from '../../../src/app/sender-reports.ts'
import type { Log } from '../../../src/contracts.ts'
import { logConfigSchema, topicOptions } from '../../../src/log/table.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { kafkaLog, newPrefix } from '../../support/kafka-log.ts'

const broker = inject('kafka') ?? ''
const never = new AbortController().signal

describe.skipIf(broker === '')('what processes have heard of senders, over a log in Kafka', () => {
  it('is known to all of them, and to one that starts later, each report once', async () => {
    const prefix = newPrefix()
    const topics = topicOptions(logConfigSchema.parse({ type: 'memory' }), {})
    const logs: Log[] = []
    const open = async (): Promise<SenderReports> => {
      const partitions = { events: 2, state: 2 }
      const log = kafkaLog({ broker, prefix, clock: systemClock, topics, partitions })
      await log.start()
      logs.push(log)
      return createSenderReports({ log, clock: systemClock })
    }
    const heard = (sender: string, events: number) => ({
      cluster: 'prod',
      sender,
      lastMs: systemClock.nowMs(),
      events,
      own: 1,
    })
    try {
      const [one, other] = [await open(), await open()]
      const first = heard('192.0.2.1', 400)
      const second = heard('192.0.2.2', 40)
      await one.add([first], never)
      expect([await one.read(), await other.read()]).toEqual([[first], [first]])
      await other.add([second], never)
      expect([await one.read(), await other.read()]).toEqual([[second], [second]])
      expect(await one.read()).toEqual([])
      const late = await open()
      expect(await late.read()).toEqual([first, second])
    } finally {
      for (const log of logs) await log.stop(AbortSignal.timeout(10_000))
    }
  }, 120_000)
})
