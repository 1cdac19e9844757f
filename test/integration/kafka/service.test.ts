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

/**
 * Alerts about what one account did with what another had, or about something that many meet; and stories, which tell what an
 * actor has to do with any of those.
 */
const acrossActors =
  /^(?:refused_after_deletion|requested_token_used(?:_elsewhere)?|webhook_failed_open|story) /

function ofOneActor(alerts: readonly string[]): readonly string[] {
  return alerts.filter((alert) => !acrossActors.test(alert))
}

describe.skipIf(broker === null)('the service on a log in Kafka', () => {
  it('raises the alerts that it raises on a log in memory, from several partitions too', async () => {
    const expected = await alertsOf({ type: 'memory' })
    expect(expected.length).toBeGreaterThan(20)
    expect(await alertsOf(onKafka({ partitions: 4 }))).toEqual(expected)
    const byActor = await alertsOf(onKafka({ partitions: 4, partitionBy: 'actor' }))
    expect(ofOneActor(byActor)).toEqual(ofOneActor(expected))
  }, 240_000)
})
