import type { Logger } from '../../contracts.ts'
import { messageOf } from '../../errors.ts'
import type { Broker, Cluster, Driver } from './driver.ts'
import { groupMessages } from './group-messages.ts'
import { kafkaErrorType } from './kafka-error.ts'
import { shareOut } from './share-out.ts'

/** One reader's part in a consumer group. */
export interface Membership {
  /** Resolves once the group has said anew that this is a member, with the partitions that it has been given. */
  confirmed(): Promise<void>
  /** Leaves at once, so that others need not wait for a timeout; given up after three seconds. */
  close(): Promise<void>
}

export interface MembershipOptions {
  readonly driver: Driver
  readonly logger: Logger
  readonly groupId: string
  /** By its name in Kafka. */
  readonly topic: string
  /** Of the topic. */
  readonly partitions: number
  readonly sessionTimeoutMs: number
  /** The partitions that this reader has from now on; none when the group has thrown it out. */
  readonly onAssigned: (partitions: readonly number[]) => void
}

/** Another kind of member than this one does not come into the group. */
const protocol = 'kubewitness'
const leaveWithinMs = 3000
/** What the group coordinator says when a member has been away for too long. */
const thrownOut = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID'])

/**
 * Kafka's consumer groups say who reads which partition; what is read is fetched elsewhere. A member joins, is given
 * partitions, says every second that it is there, and joins again when the group changes; no long work can hold that up, and
 * a broker that was away is told of the same member. kafkajs's own consumer is not used for it: one that is
 * disconnected while it joins goes on joining, and then holds partitions that nobody reads.
 */
export function joinGroup(options: MembershipOptions): Membership {
  const { driver, logger, groupId, topic, sessionTimeoutMs, onAssigned } = options
  const messages = groupMessages(driver.groupProtocol, topic)
  /** Others that join wait until every member has asked. */
  const beatEveryMs = Math.min(sessionTimeoutMs / 6, 1000)
  let isLeaving = false
  let isLate = false
  let cluster: Cluster | undefined
  let coordinator: Broker | undefined
  /** Given by the group, and kept for as long as the group knows it. */
  let memberId = ''
  let generation = -1
  let owned: readonly number[] = []
  let isJoined = false
  let waiting: (() => void)[] = []
  let wake = (): void => undefined

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const reach = async (): Promise<Broker> => {
    if (coordinator !== undefined) return coordinator
    cluster = driver.cluster({ requestTimeoutMs: Math.max(sessionTimeoutMs, 10_000) })
    await cluster.connect()
    await cluster.addMultipleTargetTopics([topic])
    coordinator = await cluster.findGroupCoordinator({ groupId })
    return coordinator
  }
  const dropConnection = (): void => {
    cluster?.cut()
    coordinator = undefined
  }

  const join = async (broker: Broker): Promise<void> => {
    const claim = { generation, partitions: owned }
    const joined = await broker.joinGroup({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: Math.max(sessionTimeoutMs, 10_000),
      memberId,
      groupProtocols: [{ name: protocol, metadata: messages.encodeClaim(claim) }],
    })
    memberId = joined.memberId
    const { memberAssignment } = await broker.syncGroup({
      groupId,
      generationId: joined.generationId,
      memberId,
      groupAssignment: joined.leaderId === memberId ? assign(joined.members) : [],
    })
    generation = joined.generationId
    owned = messages.decodeAssignment(memberAssignment)
    isJoined = true
    logger.debug('Partitions were assigned', { groupId, partitions: owned })
    if (!isLeaving) onAssigned(owned)
  }

  /** By the member that leads: what each one is given. */
  const assign = (members: Awaited<ReturnType<Broker['joinGroup']>>['members']) => {
    const claims = members.map((member) =>
      messages.decodeClaim(member.memberId, member.memberMetadata),
    )
    return [...shareOut(claims, options.partitions)].map(([id, partitions]) => ({
      memberId: id,
      memberAssignment: messages.encodeAssignment(partitions),
    }))
  }

  const step = async (): Promise<void> => {
    const broker = await reach()
    const asked = waiting
    waiting = []
    try {
      if (isJoined) await broker.heartbeat({ groupId, groupGenerationId: generation, memberId })
      else await join(broker)
      for (const resolve of asked) resolve()
    } catch (error) {
      waiting.push(...asked)
      throw error
    }
  }

  /** What is to be done otherwise in the next step. */
  const heed = (error: unknown, failures: number): void => {
    const type = kafkaErrorType(error) ?? ''
    if (type === 'REBALANCE_IN_PROGRESS') {
      // What it has it reads on, until something else is assigned.
      isJoined = false
      return
    }
    if (thrownOut.has(type)) {
      logger.warn('A reader was away for too long: its partitions are read by others', { groupId })
      if (type !== 'ILLEGAL_GENERATION') memberId = ''
      isJoined = false
      owned = []
      if (!isLeaving) onAssigned([])
      return
    }
    if (!isLeaving && (failures === 1 || failures % 30 === 0))
      logger.warn('The group of a reader cannot be reached; it is tried again', {
        groupId,
        error: messageOf(error),
      })
    dropConnection()
  }

  const stay = async (): Promise<void> => {
    for (let failures = 0; !isLeaving; ) {
      try {
        await step()
        failures = 0
      } catch (error) {
        failures += 1
        heed(error, failures)
      }
      if (isLeaving) return
      if (failures > 1) await pause(Math.min(25 * 2 ** failures, 1000))
      else if (failures === 0 && waiting.length === 0) await pause(beatEveryMs)
    }
  }

  const leave = async (): Promise<void> => {
    if (memberId === '' || isLate) return
    const broker = await reach()
    await broker.leaveGroup({ groupId, memberId })
  }

  const member = stay()
  return {
    confirmed: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push(resolve)
      wake()
      return promise
    },
    close: async () => {
      isLeaving = true
      wake()
      const late = setTimeout(() => {
        isLate = true
        dropConnection()
      }, leaveWithinMs)
      await member
      await leave().catch(() => undefined) // Then the group misses it when its session is over.
      clearTimeout(late)
      dropConnection()
    },
  }
}
