import { setTimeout as wait } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { describe, expect, inject, it } from 'vitest'
import { loadDriver } from '../../../src/log/kafka/driver.ts'
import { joinGroup, type Membership } from '../../../src/log/kafka/membership.ts'
import { silentLogger } from '../../../src/util/logger.ts'
import { throwOut } from '../../support/kafka-group.ts'
import { newPrefix } from '../../support/kafka-log.ts'
import { startProxiedKafka } from '../../support/proxied-kafka.ts'

const broker = inject('kafka') ?? ''

interface Member extends Membership {
  /** Every set of partitions that it was given, in order. */
  readonly given: readonly (readonly number[])[]
  now(): readonly number[]
}

/** A topic, and members of one group that reads it. */
async function openGroup(address: string, partitions: number, sessionTimeoutMs = 2000) {
  const client = new kafkajs.Kafka({ brokers: [address], logLevel: kafkajs.logLevel.NOTHING })
  const admin = client.admin()
  await admin.connect()
  const topic = newPrefix()
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }] })
  const driver = await loadDriver({ brokers: [address], clientId: 'test' }, silentLogger)
  const members: Membership[] = []
  return {
    topic,
    join: (): Member => {
      const given: (readonly number[])[] = []
      const membership = joinGroup({
        driver,
        logger: silentLogger,
        groupId: topic,
        topic,
        partitions,
        sessionTimeoutMs,
        onAssigned: (assigned) => void given.push(assigned.toSorted()),
      })
      members.push(membership)
      return { ...membership, given, now: () => given.at(-1) ?? [] }
    },
    memberIds: async (): Promise<string[]> => {
      const { groups } = await admin.describeGroups([topic])
      return groups[0]?.members.map(({ memberId }) => memberId) ?? []
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(members.map((member) => member.close()))
      driver.close()
      await admin.disconnect()
    },
  }
}

describe.skipIf(broker === '')('a member of a group', () => {
  it('shares the partitions with another one that comes, and has them all again as soon as that one leaves', async () => {
    await using group = await openGroup(broker, 4, 60_000)
    const first = group.join()
    await expect.poll(first.now).toEqual([0, 1, 2, 3])
    const second = group.join()
    await expect.poll(() => [first.now().length, second.now().length]).toEqual([2, 2])
    expect([...first.now(), ...second.now()].toSorted()).toEqual([0, 1, 2, 3])
    await second.close()
    await expect.poll(first.now).toEqual([0, 1, 2, 3])
  })

  it.each([0, 1, 5, 20, 60])(
    'is gone when it is closed %i ms after it began to join, and holds nothing',
    async (afterMs) => {
      await using group = await openGroup(broker, 2)
      const first = group.join()
      await expect.poll(first.now).toEqual([0, 1])
      const second = group.join()
      await wait(afterMs) // Nothing is waited for: it is closed in another phase of its joining each time.
      await second.close()
      const { length } = second.given
      await expect.poll(group.memberIds).toHaveLength(1)
      await expect.poll(first.now).toEqual([0, 1])
      expect(second.given).toHaveLength(length)
    },
  )

  it('has nothing any more when the group has thrown it out, and comes back by itself', async () => {
    await using group = await openGroup(broker, 2)
    const member = group.join()
    await expect.poll(member.now).toEqual([0, 1])
    await throwOut(broker, group.topic, group.topic)
    await expect.poll(() => member.given).toEqual([[0, 1], [], [0, 1]])
    await member.confirmed()
  })

  it('stays the same member when its connections break, and leaves within seconds when nobody answers', async () => {
    await using own = await startProxiedKafka()
    await using group = await openGroup(own.address, 1, 10_000)
    const member = group.join()
    await expect.poll(member.now).toEqual([0])
    const before = await group.memberIds()
    await own.proxy.setFault({ kind: 'refuse' })
    const confirmed = member.confirmed()
    await own.proxy.setFault({ kind: 'none' })
    await confirmed
    expect(await group.memberIds()).toEqual(before)
    expect(member.given).toEqual([[0]])

    await own.proxy.setFault({ kind: 'black-hole' })
    const late = AbortSignal.timeout(8000)
    await member.close()
    expect(late.aborted).toBe(false)
    await own.proxy.setFault({ kind: 'none' })
  })
})
