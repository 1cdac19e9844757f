import type { FieldReader } from '../../contracts.ts'

/** Values by path of an event that is no longer there: what correlations over this one read. */
export type Carried = ReadonlyMap<string, readonly unknown[]>

/** What an entry has that does not fit its columns. */
export interface Extra {
  /** An audit id that is no UUID, a stage that Kubernetes does not have. */
  readonly auditID?: string
  readonly stage?: string
  /** All values, when there are several: two words for each. */
  readonly words?: readonly number[]
  readonly numbers?: readonly number[]
  /** What was observed, when not all of it counts. */
  readonly matched?: number
  readonly carried?: Carried
}

/** Undefined where there are no paths to read. */
export function carriedOf(paths: readonly string[], reader: FieldReader): Carried | undefined {
  if (paths.length === 0) return undefined
  const carried: [string, readonly unknown[]][] = []
  for (const path of paths) {
    const values = reader.read(path)
    if (values !== undefined) carried.push([path, values])
  }
  return new Map(carried)
}

/** Bytes, about. */
export function sizeOfExtra({ auditID, stage, words, numbers, carried }: Extra): number {
  let size = 160
  for (const text of [auditID, stage]) size += (text?.length ?? 0) * 2
  size += ((words?.length ?? 0) + (numbers?.length ?? 0)) * 8
  if (carried !== undefined)
    for (const [path, values] of carried)
      size += path.length + 64 + (JSON.stringify(values)?.length ?? 0) * 2
  return size
}
/** As JSON, for saving; `undefined` becomes an empty text. */
export function extraToText(extra: Extra | undefined): string {
  if (extra === undefined) return ''
  return JSON.stringify({
    ...extra,
    ...(extra.carried === undefined ? {} : { carried: [...extra.carried] }),
  })
}

export function extraFromText(text: string): Extra | undefined {
  if (text === '') return undefined
  // Written by `extraToText`, and read back from our own store.
  const saved = JSON.parse(text) as Extra & { carried?: [string, unknown[]][] }
  return saved.carried === undefined ? saved : { ...saved, carried: new Map(saved.carried) }
}
