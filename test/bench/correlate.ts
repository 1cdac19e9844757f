import type { AuditEvent } from '../../src/contracts.ts'
import type { Correlator } from '../../src/detect/correlate/correlator.ts'
import { createCorrelator } from '../../src/detect/correlate/create.ts'
import { bareEvent, correlationByUser, eventOf, eventText, matchOf } from './correlate-events.ts'
import { cpuUs, median, print } from './figures.ts'

const events = 200_000
const million = 1_000_000

/** Windows: events a second, bytes a key, and a flood of keys. */
export function benchCorrelatePart(rounds: number): void {
  benchSpeed(rounds)
  benchMemory()
  benchFlood()
}

function feed(correlator: Correlator, fed: Iterable<AuditEvent>): number {
  let told = 0
  for (const event of fed) told += correlator.accept(matchOf(event), 'sender').length
  return told
}

/** What is timed at once: so few that other load leaves some of the rounds alone. */
const chunkEvents = 1000

/** CPU µs of all chunks: of each the least of several rounds, and the median. Other load on the machine only adds. */
class ChunkCosts {
  readonly #costs: number[][] = []

  measure<T>(items: readonly T[], work: (chunk: readonly T[]) => void): void {
    for (let from = 0; from < items.length; from += chunkEvents) {
      const chunk = items.slice(from, from + chunkEvents)
      const startUs = cpuUs()
      work(chunk)
      const us = cpuUs() - startUs
      const costs = this.#costs[from / chunkEvents]
      if (costs === undefined) this.#costs.push([us])
      else costs.push(us)
    }
  }

  get leastUs(): number {
    return this.#costs.reduce((sum, costs) => sum + Math.min(...costs), 0) / events
  }

  get medianUs(): number {
    return this.#costs.reduce((sum, costs) => sum + median(costs), 0) / events
  }
}

function benchSpeed(rounds: number): void {
  const texts = Array.from({ length: events }, (_, i) => eventText(i, userOf(i % 1000)))
  const bytes = texts.reduce((sum, text) => sum + text.length, 0) / events
  const kinds = {
    'event_count, ids as known': { least: million, type: 'event_count', known: true },
    'event_count, ids made': { least: million, type: 'event_count', known: false },
    'event_count, each a match': { least: 1, type: 'event_count', known: true },
    'value_count, ids as known': { least: million, type: 'value_count', known: true },
  } as const
  const parsing = new ChunkCosts()
  const costsOf = new Map(Object.keys(kinds).map((name) => [name, new ChunkCosts()]))
  for (let round = 0; round < rounds; round++) {
    parsing.measure(texts, (chunk) => {
      for (const text of chunk) JSON.parse(text)
    })
    const made = texts.map((text) => eventOf(text))
    for (const [name, { least, type, known }] of Object.entries(kinds)) {
      const fed = known ? made : texts.map((text) => eventOf(text))
      if (known) for (const event of fed) if (event.id === event.requestId) throw new Error('ids')
      const correlator = createCorrelator([correlationByUser(type, least, { maxBytes: '256 MiB' })])
      costsOf.get(name)!.measure(fed, (chunk) => feed(correlator, chunk))
    }
  }
  const j = parsing.leastUs
  print(
    `\nCorrelation of ${events} matched events, 1,000 keys, ${bytes.toFixed(0)} bytes each; JSON.parse ${j.toFixed(2)} µs (median ${parsing.medianUs.toFixed(2)})`,
  )
  print(
    '  From an event that is decoded and has matched to its window. Where ids are known, they and its time were asked for before, as an alert of the rule itself does.',
  )
  for (const [name, costs] of costsOf) {
    const us = costs.leastUs
    print(
      `  ${name.padEnd(28)}${us.toFixed(2).padStart(6)} µs (median ${costs.medianUs.toFixed(2)}), ${(us / j).toFixed(2)} of JSON.parse, ${(million / us).toFixed(0)} events/s a core`,
    )
  }
}

function userOf(number: number): string {
  return `system:serviceaccount:team-${number}:deployer`
}

function settledBytes(): number {
  for (let i = 0; i < 4; i++) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function benchMemory(): void {
  const beforeBytes = settledBytes()
  const custom = { maxKeys: million, maxBytes: '1 GiB' }
  const correlator = createCorrelator([correlationByUser('event_count', 100, custom)])
  for (let i = 0; i < million; i++)
    correlator.accept(matchOf(bareEvent(i, `system:serviceaccount:t:${i}`)), 'sender')
  const bytes = settledBytes() - beforeBytes
  const [counts] = correlator.takeCounts()
  print(
    `\n${million} keys of one event: ${(bytes / million).toFixed(1)} bytes a key on the heap and beside it, ${(counts!.bytes / million).toFixed(1)} by its own account`,
  )
}

/** Events of a flood that are made at a time, outside of what is measured. */
const floodStep = 10_000
const mostFloodS = 240

/** A hundredth of the events is of hot keys, one after the other; every other key comes once. */
function benchFlood(): void {
  const floods = 10 * million
  const maxKeys = 100_000
  // Each comes twice before as many others have come as there is room for.
  const hot = maxKeys / 200
  const user = (i: number): string => (i % 100 === 0 ? `hot-${(i / 100) % hot}` : `once-${i}`)
  const custom = { maxKeys, maxBytes: '64 MiB' }
  const correlator = createCorrelator([correlationByUser('event_count', 2, custom)])
  const most = { groups: 0, bytes: 0, residentBytes: 0 }
  const untilMs = performance.now() + mostFloodS * 1000
  let fed = 0
  let spentUs = 0
  let evicted = 0
  // Only where every hot key has come as often as the others.
  const isOver = (): boolean =>
    fed >= floods || (fed % maxKeys === 0 && performance.now() >= untilMs)
  for (; !isOver(); fed += floodStep) {
    const events = Array.from({ length: floodStep }, (_, i) => bareEvent(fed + i, user(fed + i)))
    const startUs = cpuUs()
    feed(correlator, events)
    spentUs += cpuUs() - startUs
    const [counts] = correlator.takeCounts()
    evicted += counts!.evicted
    most.groups = Math.max(most.groups, counts!.groups)
    most.bytes = Math.max(most.bytes, counts!.bytes)
    most.residentBytes = Math.max(most.residentBytes, process.memoryUsage.rss())
  }
  // What a window holds of a hot key is what came of it: all of it, when nothing was given up.
  const whole = fed / 100 / hot + 1
  const kept = Array.from({ length: hot }, (_, i) =>
    correlator.accept(matchOf(bareEvent(fed + i, `hot-${i}`)), 'sender'),
  ).filter(([match]) => match?.count === whole && !match.isCut)
  print(
    `\nA flood of ${fed * 0.99} keys that come once, among ${hot} hot ones, room for ${maxKeys}: kept ${kept.length} of ${hot} hot keys whole (${whole} events each), gave up ${evicted} others; ${(spentUs / fed).toFixed(2)} µs an event`,
  )
  print(
    `  most groups ${most.groups}, most bytes ${(most.bytes / (1 << 20)).toFixed(1)} MiB by its own account, ${(most.residentBytes / (1 << 20)).toFixed(0)} MiB resident${fed < floods ? `; ended after ${mostFloodS} s` : ''}`,
  )
}
