import type { StateChange, StateRecord } from '../../contracts.ts'
import { RecencyMap } from '../../util/recency-map.ts'
import type { Episode, EpisodeState } from './episode.ts'
import { createEvidence, type EvidenceChunk } from './evidence.ts'
import { decodeJson, encodeJson } from './kept.ts'
import { createUnsaved } from './unsaved.ts'

const prefix = 'episode/1/open/'

/** The open episodes: by id, by key, and in order of their last match. */
export interface EpisodeStore {
  readonly size: number
  /** Entries of all lists of evidence. */
  readonly entries: number
  get(id: string): Episode | undefined
  /** By the time of the event that opened them, equal times by id. */
  ofKey(key: string): readonly Episode[]
  /** Least recently touched first; may be changed while it is gone through. */
  all(): readonly Episode[]
  stalest(): Episode | undefined
  add(episode: Episode): void
  remove(episode: Episode): void
  /** It has changed, by a match that added so many entries to its evidence. */
  touch(episode: Episode, addedEntries: number): void
  /** It has changed otherwise. */
  change(episode: Episode): void
  takeChanges(): StateChange[]
  restore(records: readonly StateRecord[]): void
}

export function createEpisodeStore(maxEvents: number): EpisodeStore {
  const byId = new RecencyMap<string, Episode>()
  const byKey = new Map<string, readonly Episode[]>()
  const unsaved = createUnsaved()
  /** Keys of saved lists whose episode is gone. */
  const goneChunks = new Set<string>()
  let entries = 0
  let touches = 0

  const insert = (episode: Episode): void => {
    byId.put(episode.id, episode)
    byKey.set(episode.key, [...(byKey.get(episode.key) ?? []), episode].sort(byOpening))
    entries += episode.evidence.size
  }

  const changesOf = (episode: Episode | undefined): StateChange[] => {
    if (episode === undefined) return []
    const { evidence, ...state } = episode
    return [
      { key: prefix + episode.id, value: encodeJson(state) },
      ...evidence.takeChanges().map(({ name, content }) => ({
        key: `${prefix}${episode.id}/${name}`,
        value: content === undefined ? undefined : encodeJson(content),
      })),
    ]
  }

  return {
    get size() {
      return byId.size
    },
    get entries() {
      return entries
    },
    get: (id) => byId.get(id),
    ofKey: (key) => byKey.get(key) ?? [],
    all: () => byId.values(),
    stalest: () => byId.oldest()?.[1],
    add: (episode) => {
      insert(episode)
      unsaved.change(episode.id)
    },
    remove: (episode) => {
      byId.delete(episode.id)
      const others = (byKey.get(episode.key) ?? []).filter((other) => other !== episode)
      if (others.length === 0) byKey.delete(episode.key)
      else byKey.set(episode.key, others)
      entries -= episode.evidence.size
      unsaved.remove(episode.id)
      for (const name of episode.evidence.savedChunks())
        goneChunks.add(`${prefix}${episode.id}/${name}`)
    },
    touch: (episode, addedEntries) => {
      entries += addedEntries
      episode.touched = ++touches
      byId.put(episode.id, episode)
      unsaved.change(episode.id)
    },
    change: (episode) => {
      unsaved.change(episode.id)
    },
    takeChanges: () => {
      const { changed, gone } = unsaved.take()
      const kept = changed.flatMap((id) => changesOf(byId.get(id)))
      const keys = new Set(kept.map(({ key }) => key))
      const removed = [...gone.map((id) => prefix + id), ...goneChunks]
      goneChunks.clear()
      return [
        ...removed.filter((key) => !keys.has(key)).map((key) => ({ key, value: undefined })),
        ...kept,
      ]
    },
    restore: (records) => {
      const chunksById = new Map<string, EvidenceChunk[]>()
      const states: EpisodeState[] = []
      for (const { key, value } of records) {
        const [id = '', name] = key.slice(prefix.length).split('/')
        if (name === undefined) {
          // Written by `changesOf` of this version of the prefix.
          states.push(decodeJson(value) as EpisodeState)
          continue
        }
        const chunks = chunksById.get(id)
        const chunk = { name, content: decodeJson(value) }
        if (chunks === undefined) chunksById.set(id, [chunk])
        else chunks.push(chunk)
      }
      for (const state of states.sort((a, b) => a.touched - b.touched)) {
        unsaved.restored(state.id)
        insert({ ...state, evidence: createEvidence(maxEvents, chunksById.get(state.id)) })
        touches = state.touched
      }
    },
  }
}

function byOpening(a: Episode, b: Episode): number {
  return a.openedUs - b.openedUs || (a.id < b.id ? -1 : 1)
}
