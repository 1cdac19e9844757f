import type { EventReference } from '../correlate/correlator.ts'

/** Requests without a listed event that are known again: what comes twice comes soon after. */
export const rememberedRequests = 1_024
const itemsPerChunk = 64

/** A listed event, and the request that it is a stage of. */
interface Item {
  readonly request: string
  readonly event: EventReference
}

/** A part of the lists as it is saved: the number of the chunk, and all of it; undefined when it is gone. */
export interface EvidenceChunk {
  readonly name: string
  readonly content: unknown
}

/**
 * The events of an episode: all of them up to a bound; of further requests only the number. What comes twice is told by
 * the id of the event, a further stage by that of the request. Saved in chunks, so that a long list is not written anew for every event.
 */
export interface Evidence {
  /** Distinct requests. */
  readonly count: number
  /** Of these, the ones of which an event is listed. */
  readonly listed: number
  /** What it costs to keep: entries of its lists. */
  readonly size: number
  knows(request: string): boolean
  /** `event` = one more of a request that is counted; `none` = nothing new. */
  add(request: string, event: EventReference): 'request' | 'event' | 'none'
  /** By event time, equal times by id. */
  events(): EventReference[]
  /** Requests whose answer has begun and not ended, as far as their events are listed. */
  unfinished(): string[]
  /** Chunks that have changed since the last call. */
  takeChanges(): EvidenceChunk[]
  /** Names of all chunks that are saved. */
  savedChunks(): Iterable<string>
}

export function createEvidence(maxEvents: number, chunks: Iterable<EvidenceChunk> = []): Evidence {
  const listed: Item[] = []
  const eventIds = new Set<string>()
  /** In order of arrival, so that the oldest go first. */
  const listedRequests = new Set<string>()
  const omittedRequests = new Set<string>()
  const dirty = new Set<string>()
  const saved = new Set<string>()
  let omitted = 0

  const list = (item: Item): void => {
    listed.push(item)
    eventIds.add(item.event.id)
    listedRequests.add(item.request)
  }

  const omit = (request: string): void => {
    omittedRequests.add(request)
    dirty.add(omittedChunk(omitted))
    omitted += 1
    if (omittedRequests.size < rememberedRequests + itemsPerChunk) return
    // The oldest chunk goes whole; chunks are filled one after the other.
    dirty.add(omittedChunk(omitted - omittedRequests.size))
    for (const oldest of [...omittedRequests].slice(0, itemsPerChunk))
      omittedRequests.delete(oldest)
  }

  const contentOf = (name: string): unknown => {
    const number = Number(name.slice(1))
    const start = number * itemsPerChunk
    if (name.startsWith('e'))
      return listed
        .slice(start, start + itemsPerChunk)
        .map(({ request, event }) => [request, event.id, event.auditID, event.stage, event.timeUs])
    const firstKept = omitted - omittedRequests.size
    if (start < firstKept) return undefined
    return [...omittedRequests].slice(start - firstKept, start - firstKept + itemsPerChunk)
  }

  for (const { name, content } of sortedChunks(chunks)) {
    saved.add(name)
    if (name.startsWith('e')) {
      for (const [request, id, auditID, stage, timeUs] of content as SavedItem[])
        list({ request, event: { id, auditID, stage, timeUs } })
    } else {
      const requests = content as string[]
      for (const request of requests) omittedRequests.add(request)
      omitted = Number(name.slice(1)) * itemsPerChunk + requests.length
    }
  }

  return {
    get count() {
      return listedRequests.size + omitted
    },
    get listed() {
      return listedRequests.size
    },
    get size() {
      return listed.length + omittedRequests.size
    },
    knows: (request) => listedRequests.has(request) || omittedRequests.has(request),
    add: (request, event) => {
      if (eventIds.has(event.id) || omittedRequests.has(request)) return 'none'
      const isKnown = listedRequests.has(request)
      const hasRoom = listed.length < maxEvents
      if (hasRoom) {
        dirty.add(`e${Math.floor(listed.length / itemsPerChunk)}`)
        list({ request, event })
      } else if (!isKnown) omit(request)
      if (!isKnown) return 'request'
      return hasRoom ? 'event' : 'none'
    },
    events: () =>
      listed
        .map(({ event }) => event)
        .sort((a, b) => a.timeUs - b.timeUs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)),
    unfinished: () => {
      const begun = new Set<string>()
      for (const { request, event } of listed) if (isBegun(event.stage)) begun.add(request)
      for (const { request, event } of listed) if (!isBegun(event.stage)) begun.delete(request)
      return [...begun]
    },
    takeChanges: () => {
      const changes = [...dirty].map((name) => ({ name, content: contentOf(name) }))
      dirty.clear()
      for (const { name, content } of changes) {
        if (content === undefined) saved.delete(name)
        else saved.add(name)
      }
      return changes
    },
    savedChunks: () => saved,
  }
}

type SavedItem = readonly [string, string, string, string, number]

/** A stage after which another one comes. */
export function isBegun(stage: string): boolean {
  return stage === 'RequestReceived' || stage === 'ResponseStarted'
}

function omittedChunk(place: number): string {
  return `r${Math.floor(place / itemsPerChunk)}`
}

function sortedChunks(chunks: Iterable<EvidenceChunk>): EvidenceChunk[] {
  return [...chunks].sort((a, b) => Number(a.name.slice(1)) - Number(b.name.slice(1)))
}
