import type { Dated } from '../remembered.ts'

/** What `touch` found or made, and what had to go for it. */
export interface Touched<T> {
  readonly item: T
  readonly isNew: boolean
  readonly fallen: T | undefined
}

/**
 * The item of a short list that is wanted, made if there is none; its slot becomes `slot` at least. In a full list the one
 * of the oldest slot goes, and among those the one that came last: many new items do not push out what was there before.
 */
export function touch<T extends Dated>(
  list: T[],
  isWanted: (item: T) => boolean,
  make: () => T,
  { slot, atMost }: { readonly slot: number; readonly atMost: number },
): Touched<T> {
  const found = list.find(isWanted)
  if (found !== undefined) {
    if (found.slot < slot) found.slot = slot
    return { item: found, isNew: false, fallen: undefined }
  }
  const fallen = list.length < atMost ? undefined : takeStalest(list)
  const item = make()
  list.push(item)
  return { item, isNew: true, fallen }
}

function takeStalest<T extends Dated>(list: T[]): T | undefined {
  let at = 0
  for (let i = 1; i < list.length; i++) if (list[i]!.slot <= list[at]!.slot) at = i
  return list.splice(at, 1)[0]
}
