/** A member of a group, and what it says that it has. */
export interface Claim {
  readonly memberId: string
  readonly partitions: readonly number[]
  /** Generation of the group in which it was given that: who was away claims what is another's by now. */
  readonly generation: number
}

/**
 * Shares out the partitions 0 to `count` so that no member has two more than another, and as few as possible change hands: a
 * partition that does is read on from its saved state, which takes a while.
 */
export function shareOut(
  claims: readonly Claim[],
  count: number,
): ReadonlyMap<string, readonly number[]> {
  const held = heldBy(claims, count)
  const members = claims
    .map(({ memberId }) => memberId)
    .toSorted((a, b) => held.get(b)!.length - held.get(a)!.length || (a < b ? -1 : 1))
  const least = Math.floor(count / members.length)
  const shares = new Map(
    members.map((memberId, place) => {
      const share = least + (place < count % members.length ? 1 : 0)
      return [memberId, { share, partitions: held.get(memberId)!.slice(0, share) }]
    }),
  )
  const taken = new Set([...shares.values()].flatMap(({ partitions }) => partitions))
  const free = Array.from({ length: count }, (_, partition) => partition).filter(
    (partition) => !taken.has(partition),
  )
  for (const { share, partitions } of shares.values())
    partitions.push(...free.splice(0, share - partitions.length))
  return new Map(
    [...shares].map(([memberId, { partitions }]) => [
      memberId,
      partitions.toSorted((a, b) => a - b),
    ]),
  )
}

/** Every partition with the one that claims it by the latest generation. */
function heldBy(claims: readonly Claim[], count: number): ReadonlyMap<string, number[]> {
  const latest = claims.toSorted(
    (a, b) => b.generation - a.generation || (a.memberId < b.memberId ? -1 : 1),
  )
  const held = new Map(claims.map(({ memberId }): [string, number[]] => [memberId, []]))
  for (let partition = 0; partition < count; partition++) {
    const owner = latest.find(({ partitions }) => partitions.includes(partition))
    if (owner !== undefined) held.get(owner.memberId)!.push(partition)
  }
  return held
}
