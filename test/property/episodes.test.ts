import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Alert } from '../../src/contracts.ts'
import {
  createEpisodes,
  type EpisodeOptions,
  type Episodes,
} from '../../src/detect/episode/episodes.ts'
import { at, type EventSketch, eventOf, matchOf, ruleOf } from '../detect/episode/support.ts'

const quietS = 100
const latenessS = 20
const options: EpisodeOptions = {
  defaults: {
    threshold: 1,
    suppressUs: 0,
    updateEveryUs: 60_000_000,
    quietUs: quietS * 1_000_000,
  },
  maximumUs: 86_400_000_000,
  latenessUs: latenessS * 1_000_000,
  maxOpen: 1000,
  maxEvents: 1000,
  maxEntries: 100_000,
}
const rule = ruleOf()

const gaps = fc.oneof(
  fc.integer({ min: 0, max: 30 }),
  fc.integer({ min: 0, max: quietS }),
  fc.integer({ min: quietS + latenessS + 1, max: 400 }),
)
const anyGaps = fc.integer({ min: 0, max: 200 })

interface Sketch {
  readonly gap: number
  readonly actor: string
  readonly stages: readonly string[]
  /** How late it comes. */
  readonly delay: number
  readonly repeats: number
}

/** Events in the order in which they come, each at most so late. */
function sketches(gap: fc.Arbitrary<number>, maxDelayS = latenessS): fc.Arbitrary<EventSketch[]> {
  const one: fc.Arbitrary<Sketch> = fc.record({
    gap,
    actor: fc.constantFrom('alice', 'bob'),
    stages: fc.constantFrom(['ResponseComplete'], ['ResponseStarted', 'ResponseComplete']),
    delay: fc.integer({ min: 0, max: maxDelayS }),
    repeats: fc.integer({ min: 1, max: 2 }),
  })
  return fc.array(one, { maxLength: 25 }).map((list) => {
    let seconds = 0
    const events = list.flatMap(({ gap: after, actor, stages, delay, repeats }, i) => {
      seconds += after
      return stages.flatMap((stage) =>
        Array.from({ length: repeats }, (_, repeat) => ({
          sketch: { request: `r${i}`, actor, stage, seconds },
          comesAt: seconds + delay * (repeat + 1) * 0.5,
        })),
      )
    })
    return events.sort((a, b) => a.comesAt - b.comesAt).map(({ sketch }) => sketch)
  })
}

/** As the events come, from one sender. */
function play(episodes: Episodes, events: readonly EventSketch[]): Alert[] {
  let latest = 0
  return events.flatMap((sketch) => {
    latest = Math.max(latest, sketch.seconds)
    return [
      ...episodes.accept([matchOf(rule, sketch)]),
      ...episodes.advance('test', at(latest - latenessS)),
    ]
  })
}

const run = (events: readonly EventSketch[], changed: Partial<EpisodeOptions> = {}): Alert[] => {
  const episodes = createEpisodes({ ...options, ...changed })
  return [...play(episodes, events), ...episodes.close()]
}

/** What an alert says in the end, but for what depends on the event that came first. */
function essence(alerts: readonly Alert[]): string[] {
  return alerts
    .filter(({ status }) => status === 'closed')
    .map(({ actor, count, events, firstSeen, lastSeen }) =>
      JSON.stringify({ actor, count, firstSeen, lastSeen, events }),
    )
    .sort()
}

/** Requests put together by hand: sorted, and cut where none is near. */
function naive(events: readonly EventSketch[]): string[] {
  const byActor = Map.groupBy(events, ({ actor }) => actor)
  return [...byActor.values()]
    .flatMap((own) => {
      const episodes: EventSketch[][] = []
      for (const event of own.toSorted((a, b) => a.seconds - b.seconds)) {
        const last = episodes.at(-1)
        if (last === undefined || event.seconds - last.at(-1)!.seconds > quietS)
          episodes.push([event])
        else last.push(event)
      }
      return episodes.map((list) =>
        JSON.stringify([
          list[0]!.actor,
          new Set(list.map(({ request }) => request)).size,
          [...new Set(list.map((sketch) => eventOf(sketch).id))].sort(),
        ]),
      )
    })
    .sort()
}

describe('episodes of any events', () => {
  it('are what one would put together by hand, whatever the order within the lateness and however often an event comes', () => {
    fc.assert(
      fc.property(sketches(gaps), (events) => {
        const found = run(events)
          .filter(({ status }) => status === 'closed')
          .map(({ actor, count, events: listed }) =>
            JSON.stringify([actor, count, listed.map(({ id }) => id).sort()]),
          )
          .sort()
        // Gaps are between the events of all: those of one actor may be wider, but never in between.
        fc.pre(hasClearGaps(events))
        expect(found).toEqual(naive(events))
      }),
      { numRuns: 400 },
    )
  })

  it('are the same in every such order', () => {
    fc.assert(
      fc.property(sketches(gaps), (events) => {
        fc.pre(hasClearGaps(events))
        const inOrder = events.toSorted((a, b) => a.seconds - b.seconds)
        expect(essence(run(events))).toEqual(essence(run(inOrder)))
      }),
      { numRuns: 200 },
    )
  })

  it('count every request exactly once, whatever the gaps', () => {
    fc.assert(
      fc.property(sketches(anyGaps), (events) => {
        const closed = run(events).filter(({ status }) => status === 'closed')
        const listed = closed.flatMap((alert) => alert.events.map(({ id }) => id))
        expect(new Set(listed).size).toBe(listed.length)
        expect(new Set(listed)).toEqual(new Set(events.map((event) => eventOf(event).id)))
        const requests = new Set(events.map(({ request }) => request)).size
        expect(closed.reduce((sum, { count }) => sum + count, 0)).toBe(requests)
      }),
      { numRuns: 200 },
    )
  })

  it('have revisions that count up, begin open, end closed, and never say less', () => {
    fc.assert(
      fc.property(sketches(anyGaps), (events) => {
        for (const revisions of Map.groupBy(run(events), ({ id }) => id).values()) {
          expect(revisions.map(({ revision }) => revision)).toEqual(revisions.map((_, i) => i + 1))
          expect(revisions.map(({ status }) => status)).toEqual(
            revisions.map((_, i) =>
              i === 0 ? 'open' : i === revisions.length - 1 ? 'closed' : 'updated',
            ),
          )
          for (const [i, after] of revisions.slice(1).entries()) {
            const before = revisions[i]!
            expect(after.count).toBeGreaterThanOrEqual(before.count)
            expect(after.firstSeen <= before.firstSeen).toBe(true)
            expect(after.lastSeen >= before.lastSeen).toBe(true)
            expect(after.openedAt).toBe(before.openedAt)
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  it('are told the same when they are saved and restored between any two events, and when the end of the input comes again', () => {
    fc.assert(
      fc.property(
        sketches(anyGaps, 1000),
        fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }),
        fc.record({
          maxOpen: fc.integer({ min: 1, max: 3 }),
          maxEvents: fc.integer({ min: 1, max: 100 }),
          maximumUs: fc.integer({ min: 1, max: 1000 }).map((seconds) => seconds * 1_000_000),
        }),
        fc.boolean(),
        (events, restarts, bounds, isSuppressed) => {
          const defaults = { ...options.defaults, suppressUs: isSuppressed ? 60_000_000 : 0 }
          const changed = { ...bounds, defaults }
          const saved = new Map<string, Uint8Array>()
          let episodes = createEpisodes({ ...options, ...changed })
          let latest = 0
          const told: Alert[] = []
          for (const [i, sketch] of events.entries()) {
            latest = Math.max(latest, sketch.seconds)
            told.push(...episodes.accept([matchOf(rule, sketch)]))
            told.push(...episodes.advance('test', at(latest - latenessS)))
            if (restarts[i % restarts.length] !== true) continue
            for (const { key, value } of episodes.takeChanges()) {
              if (value === undefined) saved.delete(key)
              else saved.set(key, value)
            }
            // What was not saved is lost, and comes again.
            const lost = events[i + 1]
            if (lost !== undefined) episodes.accept([matchOf(rule, lost)])
            episodes = createEpisodes({ ...options, ...changed })
            episodes.restore([...saved].map(([key, value]) => ({ key, value })).reverse())
          }
          told.push(...episodes.close())
          expect(told).toEqual(run(events, changed))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('keep their bounds, and give every alert that opens an end', () => {
    fc.assert(
      fc.property(
        sketches(anyGaps),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 5 }),
        (events, maxOpen, maxEvents) => {
          const episodes = createEpisodes({ ...options, maxOpen, maxEvents })
          const told = events.flatMap((sketch) => {
            const alerts = episodes.accept([matchOf(rule, sketch)])
            expect(episodes.open).toBeLessThanOrEqual(maxOpen)
            return alerts
          })
          told.push(...episodes.close())
          for (const { events: listed } of told)
            expect(listed.length).toBeLessThanOrEqual(maxEvents)
          const idsOf = (status: string) =>
            told
              .filter((alert) => alert.status === status)
              .map(({ id }) => id)
              .sort()
          expect(idsOf('closed')).toEqual(idsOf('open'))
        },
      ),
      { numRuns: 200 },
    )
  })
})

/** No two neighbours of one actor are farther apart than quiet, but not farther than quiet and lateness. */
function hasClearGaps(events: readonly EventSketch[]): boolean {
  return [...Map.groupBy(events, ({ actor }) => actor).values()].every((own) => {
    const times = own.map(({ seconds }) => seconds).sort((a, b) => a - b)
    return times.every((time, i) => {
      const gap = time - (times[i - 1] ?? time)
      return gap <= quietS || gap > quietS + latenessS
    })
  })
}
