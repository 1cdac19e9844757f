import type { Remembering, StateChange, StateRecord } from '../../contracts.ts'

/** What is saved and restored by itself. */
export interface EpisodePart {
  takeChanges(): StateChange[]
  restore(records: readonly StateRecord[]): void
}

/** The records of the parts of episodes: each under `episode/1/<name of the part>/`. */
export function createEpisodeRecords(
  parts: Readonly<Record<'watermark' | 'suppressed' | 'session' | 'open', EpisodePart>>,
): Remembering {
  /** Keys of records that are to go. */
  const unknown: string[] = []
  /** Empty for those of another version. */
  const partOf = ({ key }: StateRecord): string => {
    const [, name = ''] = /^episode\/1\/(\w+)\//.exec(key) ?? []
    return Object.hasOwn(parts, name) ? name : ''
  }
  return {
    takeChanges: () => [
      ...unknown.splice(0).map((key): StateChange => ({ key, value: undefined })),
      ...Object.values(parts).flatMap((part) => part.takeChanges()),
    ],
    restore: (records) => {
      const byPart = Map.groupBy(records, partOf)
      for (const [name, part] of Object.entries(parts)) part.restore(byPart.get(name) ?? [])
      // Of an earlier version: nothing is to be had from them.
      unknown.push(...(byPart.get('') ?? []).map(({ key }) => key))
    },
  }
}

export function asNumber(json: unknown): number | undefined {
  return typeof json === 'number' ? json : undefined
}

export function asTimeRange(json: unknown): readonly [number, number] | undefined {
  if (!Array.isArray(json)) return undefined
  const [from, to] = json.map(asNumber)
  return from === undefined || to === undefined ? undefined : [from, to]
}
