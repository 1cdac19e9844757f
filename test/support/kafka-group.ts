import kafkajs from 'kafkajs'
import { loadDriver } from '../../src/log/kafka/driver.ts'
import { silentLogger } from '../../src/util/logger.ts'

/** Does with all members of a group what the brokers do with those that were silent for too long. */
export async function throwOut(broker: string, groupId: string, topic: string): Promise<void> {
  const client = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING })
  const admin = client.admin()
  await admin.connect()
  const { groups } = await admin.describeGroups([groupId])
  await admin.disconnect()
  const driver = await loadDriver({ brokers: [broker], clientId: 'test' }, silentLogger)
  const cluster = driver.cluster()
  await cluster.connect()
  await cluster.addMultipleTargetTopics([topic])
  const coordinator = await cluster.findGroupCoordinator({ groupId })
  for (const { memberId } of groups[0]?.members ?? [])
    await coordinator.leaveGroup({ groupId, memberId })
  driver.close()
}
