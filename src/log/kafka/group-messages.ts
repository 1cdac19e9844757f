import { z } from 'zod'
import type { LoadedKafka } from '../../util/kafka/load.ts'
import type { Claim } from './share-out.ts'

/** How kafkajs writes what members tell each other, as Kafka's own tools read it. */
export type GroupProtocol = LoadedKafka['groupProtocol']

const version = 1
const claimSchema = z.object({
  generation: z.int(),
  partitions: z.array(z.int().min(0)),
})

/** What members of a group tell each other through the brokers: what they have, and what they are given. */
export function groupMessages({ MemberMetadata, MemberAssignment }: GroupProtocol, topic: string) {
  return {
    encodeClaim: (claim: Omit<Claim, 'memberId'>): Buffer => {
      const userData = Buffer.from(JSON.stringify(claim))
      return MemberMetadata.encode({ version, topics: [topic], userData })
    },
    /** Of a member that says it in another way nothing is known. */
    decodeClaim: (memberId: string, metadata: Buffer): Claim => {
      const nothing = { memberId, generation: -1, partitions: [] }
      try {
        const claim = claimSchema.safeParse(
          JSON.parse(String(MemberMetadata.decode(metadata)?.userData)),
        )
        return claim.success ? { memberId, ...claim.data } : nothing
      } catch {
        return nothing
      }
    },
    encodeAssignment: (partitions: readonly number[]): Buffer =>
      MemberAssignment.encode({
        version,
        assignment: { [topic]: [...partitions] },
        userData: Buffer.alloc(0),
      }),
    decodeAssignment: (assignment: Buffer): readonly number[] =>
      MemberAssignment.decode(assignment)?.assignment[topic] ?? [],
  }
}
