import { describe, expect, inject, it } from 'vitest'
import type { Alert } from '../../../src/contracts.ts'
import { newPrefix } from '../../support/kafka-log.ts'
import { recordedAttackBodies } from '../../support/recorded-attacks.ts'
import { startApp } from '../../support/running-app.ts'

const broker = inject('kafka')
const rules = { minimumLevel: 'informational' }

async function alertsOf(log: Readonly<Record<string, unknown>>): Promise<string[]> {
  await using service = await startApp({ rules, log })
  for (const body of recordedAttackBodies()) await service.post(body)
  await service.settle()
  const alerts: readonly Alert[] = await service.alerts()
  return [...new Set(alerts.map(({ rule, id }) => `${rule.name} ${id}`))].toSorted()
}

function onKafka(topics: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return {
    type: 'kafka',
    brokers: [broker],
    prefix: newPrefix(),
    topics: { replicationFactor: 1, ...topics },
  }
}

/** Rules about what one account did with what another had. */
const acrossActors = /^(?:refused_after_deletion|requested_token_used(?:_elsewhere)?) /

describe.skipIf(broker === null)('the service on a log in Kafka', () => {
  it('raises the alerts that it raises on a log in memory, from several partitions too', async () => {
    const expected = await alertsOf({ type: 'memory' })
    expect(expected.length).toBeGreaterThan(20)
    expect(await alertsOf(onKafka({ partitions: 4 }))).toEqual(expected)
    const byActor = await alertsOf(onKafka({ partitions: 4, partitionBy: 'actor' }))
    expect(byActor).toEqual(expected.filter((alert) => !acrossActors.test(alert)))
  }, 240_000)
})
