import type { CompiledRules } from '../../src/app/rule-set.ts'
import type { Alert, StateChange } from '../../src/contracts.ts'
import type { Correlator } from '../../src/detect/correlate/correlator.ts'
import type { Alerting } from '../../src/detect/episode/alerting.ts'
import { createPipeline } from '../../src/detect/pipeline.ts'
import { openedAlert, ruleSetOf } from '../detect/support.ts'
import { parseRule } from '../sigma/support.ts'

const quietUs = 10_000_000

interface Tally {
  readonly first: Alert
  readonly ids: readonly string[]
  readonly lastUs: number
}

/**
 * A rule on `get`, whose matches are counted by actor: an alert opens at the third event, has a revision for each that
 * follows, and closes when the actor has been quiet for ten seconds. As simple as state can be that has to be exact.
 */
export function countingRules(): CompiledRules {
  const rule = parseRule(
    [
      'title: Get',
      'id: 0e95725d-7320-415d-80f7-004da920fc11',
      'level: medium',
      'logsource: { product: kubernetes }',
      'detection: { get: { verb: get }, condition: get }',
    ].join('\n'),
  )
  const ruleSet = ruleSetOf([rule])
  return {
    ruleSet,
    openPipeline: () =>
      createPipeline({
        ruleSet,
        correlator: createTimekeeper(),
        alerting: createTallies(),
      }),
  }
}

function createTallies(): Alerting {
  const tallies = new Map<string, Tally>()
  const changed = new Set<string>()
  const alertOf = ({ first, ids }: Tally, status: Alert['status']): Alert => ({
    ...first,
    status,
    revision: ids.length - (status === 'closed' ? 1 : 2),
    count: ids.length,
  })
  return {
    accept: (matches) =>
      matches.flatMap((match) => {
        if ('events' in match) return []
        const { actor, id, timeUs } = match.event
        const known = tallies.get(actor) ?? {
          first: openedAlert(match.rule, match.event),
          ids: [],
          lastUs: 0,
        }
        if (known.ids.includes(id)) return []
        const tally = { ...known, ids: [...known.ids, id], lastUs: Math.max(known.lastUs, timeUs) }
        tallies.set(actor, tally)
        changed.add(actor)
        if (tally.ids.length < 3) return []
        return [alertOf(tally, tally.ids.length === 3 ? 'open' : 'updated')]
      }),
    advance: (_cluster, watermarkUs) =>
      [...tallies].flatMap(([actor, tally]) => {
        if (tally.lastUs + quietUs > watermarkUs) return []
        tallies.delete(actor)
        changed.add(actor)
        return tally.ids.length < 3 ? [] : [alertOf(tally, 'closed')]
      }),
    nextDueUs: () => Number.NEGATIVE_INFINITY,
    close: () => [],
    takeChanges: () => {
      const changes = [...changed].map((actor): StateChange => {
        const tally = tallies.get(actor)
        const value = tally === undefined ? undefined : Buffer.from(JSON.stringify(tally))
        return { key: `episode/${actor}`, value }
      })
      changed.clear()
      return changes
    },
    restore: (records) => {
      for (const { key, value } of records)
        tallies.set(key.slice('episode/'.length), JSON.parse(Buffer.from(value).toString()))
    },
  }
}

/** Correlates nothing, and knows how late it is. */
function createTimekeeper(): Correlator {
  const clocks = new Map<string, number>()
  return {
    accept: () => [],
    advance: (cluster, _sender, timeUs) => {
      clocks.set(cluster, Math.max(clocks.get(cluster) ?? 0, timeUs))
      return []
    },
    pass: (elapsedMs) => {
      for (const [cluster, timeUs] of clocks) clocks.set(cluster, timeUs + elapsedMs * 1000)
      return []
    },
    quietUntilUs: () => Number.NEGATIVE_INFINITY,
    watermarkUs: (cluster) => clocks.get(cluster) ?? Number.NEGATIVE_INFINITY,
    get clusters() {
      return clocks.keys()
    },
    close: () => [],
    takeCounts: () => [],
    takeChanges: () => [
      { key: 'correlation/clocks', value: Buffer.from(JSON.stringify([...clocks])) },
    ],
    restore: (records) => {
      for (const { value } of records)
        for (const [cluster, timeUs] of JSON.parse(Buffer.from(value).toString()))
          clocks.set(cluster, timeUs)
    },
  }
}
