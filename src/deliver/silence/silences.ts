import type { AlertLabels } from '../route/labels.ts'
import { compileMatch } from '../route/match.ts'
import { type Silence, stateOf } from './silence.ts'

/** All silences that are known: those of the file, and those that were made through the API. */
export interface Silences {
  /** The silence that is in force for an alert of these labels at the time. */
  silencedBy(labels: AlertLabels, atMs: number): Silence | undefined
  /** Newest first. */
  list(): readonly Silence[]
  get(id: string): Silence | undefined
  /** Takes the place of all of the file. */
  useFile(silences: readonly Silence[]): void
  /** One of the API: new, or in the place of the one of its id. */
  put(silence: Silence): void
}

/** Where it stands in a list by age. */
function placeOf({ createdAt, id }: Silence): string {
  return `${createdAt} ${id}`
}

interface Entry {
  readonly silence: Silence
  readonly isMeant: (labels: AlertLabels) => boolean
}

/** Beyond `maxKept` those of the API that ended first are forgotten. */
export function createSilences(maxKept = 10_000): Silences {
  const byId = new Map<string, Entry>()
  const put = (silence: Silence): void => {
    byId.set(silence.id, { silence, isMeant: compileMatch(silence.match) })
  }
  const newestFirst = (): Silence[] =>
    [...byId.values()]
      .map(({ silence }) => silence)
      .toSorted((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1))
  return {
    silencedBy: (labels, atMs) => {
      for (const { isMeant, silence } of byId.values())
        if (stateOf(silence, atMs) === 'active' && isMeant(labels)) return silence
      return undefined
    },
    list: newestFirst,
    get: (id) => byId.get(id)?.silence,
    useFile: (silences) => {
      for (const { silence } of [...byId.values()])
        if (silence.from === 'file') byId.delete(silence.id)
      for (const silence of silences) put(silence)
    },
    put: (silence) => {
      put(silence)
      if (byId.size <= maxKept) return
      const [first] = [...byId.values()]
        .filter((entry) => entry.silence.from === 'api')
        .toSorted((a, b) => (a.silence.endsAt < b.silence.endsAt ? -1 : 1))
      if (first !== undefined) byId.delete(first.silence.id)
    },
  }
}
