import { describe, expect, it } from 'vitest'
import type { Alert, Log } from '../../src/contracts.ts'
import { inhibitSchema } from '../../src/deliver/inhibit/config.ts'
import { routesSchema } from '../../src/deliver/route/routes.ts'
import { type Routing, routingOf } from '../../src/deliver/routing.ts'
import { makeAlert, makeRule } from '../sinks/make-alert.ts'
import {
  createScriptedSink,
  createUnderTest,
  type DeliveryUnderTest,
  delivered,
  deliveriesOfTests,
  down,
} from './setup.ts'

const { started } = deliveriesOfTests()

/** A routing to the sink of these tests. */
function routing(routes: unknown, inhibit: unknown = []): { readonly routing: Routing } {
  return {
    routing: routingOf({
      routes: routesSchema.parse(routes),
      inhibit: inhibitSchema.parse(inhibit),
    }),
  }
}

const groupRoutes = [
  { match: { level: 'critical' }, sinks: ['scripted'] },
  { sinks: ['scripted'], group: { by: ['actor'], waitSeconds: 30, intervalMinutes: 5 } },
]
const grouping = routing(groupRoutes)

function by(actor: string, ...ids: readonly string[]): Alert[] {
  return ids.map((id) => makeAlert({ id, actor }))
}

/** Lets the ticks of groups come, however the reader and the clock interleave. */
async function passSeconds(tested: DeliveryUnderTest, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) await tested.clock.advance(1_000)
}

async function suppressed(tested: DeliveryUnderTest, reason: string): Promise<number> {
  const name = `kubewitness_notifications_suppressed_total{sink="scripted",reason="${reason}"} `
  const line = (await tested.metrics.text()).split('\n').find((each) => each.startsWith(name))
  return Number(line?.slice(name.length) ?? 0)
}

describe('a delivery with groups', () => {
  it('writes the alerts of a group together when its time has come, and moves the cursor before', async () => {
    const tested = await started(createScriptedSink(), grouping)
    await tested.append(...by('alice', 'a'), ...by('bob', 'b'), ...by('alice', 'c'))
    await tested.untilCursor(3)
    expect(tested.sink.writes).toEqual([])
    await passSeconds(tested, 40)
    expect(tested.sink.writes).toEqual([['b'], ['a', 'c']])
  })

  it('does not let those wait whose route makes no groups', async () => {
    const tested = await started(createScriptedSink(), grouping)
    await tested.append(...by('alice', 'a'), makeAlert({ id: 'now', rule: makeRule('critical') }))
    await tested.untilCursor(2)
    expect(tested.sink.writes).toEqual([['now']])
  })

  it('tells after a restart what waited before, though the routes make no groups any more', async () => {
    const first = createUnderTest(createScriptedSink(), grouping)
    await first.append(...by('alice', 'a', 'b'))
    await first.delivery.start()
    await first.untilCursor(2)
    await first.stop()
    const again = { log: first.log, clock: first.clock }
    const second = await started(createScriptedSink(), again)
    await passSeconds(first, 40)
    expect([first.sink.writes, second.sink.writes]).toEqual([[], [['a', 'b']]])
    await second.stop()
    const third = await started(createScriptedSink(), again)
    await passSeconds(first, 40)
    expect(third.sink.writes).toEqual([])
  })

  it('keeps a group while its sink is down, and repeats only what was not taken', async () => {
    const sink = createScriptedSink()
    sink.answer = ({ id }, write) => (write <= 3 && id !== 'a' ? down : delivered)
    const tested = await started(sink, grouping)
    await tested.append(...by('alice', 'a', 'b', 'c'))
    await passSeconds(tested, 60)
    expect(sink.writes).toEqual([
      ['a', 'b', 'c'],
      ['b', 'c'],
      ['b', 'c'],
      ['b', 'c'],
    ])
    expect(await tested.deadLetters()).toEqual([])
  })

  it('puts what a sink refuses of a group among the dead letters', async () => {
    const sink = createScriptedSink()
    sink.answer = ({ id }) =>
      id === 'b' ? { status: 'rejected', error: new Error('no') } : delivered
    const tested = await started(sink, grouping)
    await tested.append(...by('alice', 'a', 'b'))
    await passSeconds(tested, 40)
    expect(await tested.deadLetters()).toMatchObject([{ alert: { id: 'b' }, error: 'no' }])
  })

  it('writes no more at once than the sink allows', async () => {
    const tested = await started(createScriptedSink({ maxItems: 2 }), grouping)
    await tested.append(...by('alice', 'a', 'b', 'c'))
    await passSeconds(tested, 400)
    expect(tested.sink.writes).toEqual([['a', 'b'], ['c']])
  })

  it('holds again what it held beside an alert that failed, when what it remembers is of another epoch', async () => {
    const sink = createScriptedSink()
    sink.answer = ({ id }) => (id === 'x' ? down : delivered)
    const tested = await started(sink, grouping)
    await tested.append(
      ...by('alice', 'a'),
      makeAlert({ id: 'x', actor: 'alice', rule: makeRule('critical') }),
    )
    await passSeconds(tested, 3)
    expect(sink.writes.flat()).toContain('x')
    await tested.log.replay('alerts', 'sink:scripted', 0)
    sink.answer = () => delivered
    await tested.untilCursor(2, 1_000)
    await passSeconds(tested, 40)
    expect(sink.writes.at(-1)).toEqual(['a'])
  })

  it('holds no more than it may while its sink is down: the rest waits in the log', async () => {
    const sink = createScriptedSink()
    sink.answer = () => down
    const tested = await started(sink, { ...grouping, maxHeld: 3 })
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
      await tested.append(...by('alice', id))
      await passSeconds(tested, 120)
    }
    expect(await tested.cursor()).toBe(3)
    sink.answer = () => delivered
    await tested.untilCursor(6, 1_000)
    await passSeconds(tested, 600)
    expect(new Set(sink.writes.flat())).toEqual(new Set(['a', 'b', 'c', 'd', 'e', 'f']))
    expect(sink.writes.at(-1)).toEqual(['d', 'e', 'f'])
  })

  it('begins with nothing after a replay', async () => {
    const tested = await started(createScriptedSink(), grouping)
    await tested.append(...by('alice', 'a'))
    await tested.untilCursor(1)
    await tested.log.replay('alerts', 'sink:scripted', 0)
    await passSeconds(tested, 90)
    expect(tested.sink.writes).toEqual([['a']])
  })

  it('counts the revisions that are superfluous when the group is told', async () => {
    const tested = await started(createScriptedSink(), grouping)
    const grown = [2, 3, 4].map((revision) =>
      makeAlert({ id: 'a', revision, status: 'updated', actor: 'alice' }),
    )
    await tested.append(...by('alice', 'a'), ...grown)
    await passSeconds(tested, 40)
    expect(tested.sink.writes).toEqual([['a', 'a']])
    expect(await suppressed(tested, 'superseded')).toBe(2)
  })
})

describe('what a delivery remembers', () => {
  /** A log that tells of each commit, and refuses as often as `refusals` says. */
  function watched(base: Log, refusals = 0) {
    const commits: number[] = []
    let left = refusals
    const log: Log = {
      ...base,
      read: async function* (...parameters: Parameters<Log['read']>) {
        for await (const delivery of base.read(...parameters)) {
          yield {
            ...delivery,
            commit: async (produced = [], changes = []) => {
              if (left-- > 0) throw new Error('no room')
              commits.push(changes.length)
              await delivery.commit(produced, changes)
            },
          }
        }
      },
    }
    return { log, commits }
  }

  it('is saved when it changes, and not while nothing happens', async () => {
    const base = createUnderTest(createScriptedSink())
    const { log, commits } = watched(base.log)
    const tested = await started(createScriptedSink(), { ...grouping, log, clock: base.clock })
    await base.append(...by('alice', 'a'))
    await passSeconds(base, 600)
    expect(tested.sink.writes).toEqual([['a']])
    expect(commits).toEqual([1, 1])
  })

  it('is saved with the next commit when one is refused', async () => {
    const base = createUnderTest(createScriptedSink())
    const { log, commits } = watched(base.log, 2)
    const tested = await started(createScriptedSink(), { ...grouping, log, clock: base.clock })
    await base.append(...by('alice', 'a'))
    await passSeconds(base, 10)
    await tested.stop()
    expect(commits).toEqual([1])
    const again = await started(createScriptedSink(), { log: base.log, clock: base.clock })
    await passSeconds(base, 40)
    expect(again.sink.writes).toEqual([['a']])
  })
})

describe('a delivery with inhibition', () => {
  const rules = [{ source: { level: 'high' }, target: { level: 'medium' }, equal: ['actor'] }]
  const inhibit = routing([], rules)
  const source = makeAlert({ id: 'source', rule: makeRule('high') })
  const target = makeAlert({ id: 'target' })

  it('passes over targets while the source is open, and tells of them when it is closed', async () => {
    const tested = await started(createScriptedSink(), inhibit)
    await tested.append(source, target)
    await tested.untilCursor(2)
    await tested.append({ ...source, revision: 2, status: 'closed' })
    await tested.untilCursor(3)
    await tested.append({ ...target, revision: 2, status: 'updated' })
    await tested.untilCursor(4)
    expect(tested.sink.writes.flat()).toEqual(['source', 'source', 'target'])
    expect(await suppressed(tested, 'inhibited')).toBe(1)
  })

  it('knows the sources of before a restart', async () => {
    const first = createUnderTest(createScriptedSink(), inhibit)
    await first.append(source)
    await first.delivery.start()
    await first.untilCursor(1)
    await first.stop()
    const second = await started(createScriptedSink(), { ...inhibit, log: first.log })
    await first.append(target)
    await second.untilCursor(2)
    expect(second.sink.writes).toEqual([])
  })

  it('waits for a source as long as the group of the target waits', async () => {
    const tested = await started(createScriptedSink(), routing(groupRoutes, rules))
    await tested.append(target)
    await passSeconds(tested, 5)
    await tested.append(source)
    await passSeconds(tested, 60)
    expect(tested.sink.writes).toEqual([['source']])
  })
})

describe('a delivery with silences', () => {
  it('passes over what is silenced now, and tells of later revisions when the silence is over', async () => {
    let isSilent = true
    const silence = { id: 's' }
    const tested = await started(createScriptedSink(), {
      silencedBy: ({ actor }) => (isSilent && actor.includes('alice') ? silence : undefined),
    })
    await tested.append(...by('alice', 'a'), ...by('bob', 'b'))
    await tested.untilCursor(2)
    isSilent = false
    await tested.append(makeAlert({ id: 'a', revision: 2, status: 'updated', actor: 'alice' }))
    await tested.untilCursor(3)
    expect(tested.sink.writes.flat()).toEqual(['b', 'a'])
    expect(await suppressed(tested, 'silenced')).toBe(1)
  })

  it('says of the first revision that a sink is told that it was not told before, also after a restart', async () => {
    let isSilent = true
    const seen: string[] = []
    const listening = (): ReturnType<typeof createScriptedSink> => {
      const sink = createScriptedSink()
      sink.answer = ({ id, resumed, revision }, write) => {
        seen.push(`${id}:${revision} ${String(resumed)}`)
        return id === 'a' && write === 2 ? down : delivered
      }
      return sink
    }
    const silencedBy = () => (isSilent ? { id: 's' } : undefined)
    const first = createUnderTest(listening(), { silencedBy })
    const revision = (number: number): Alert =>
      makeAlert({ id: 'a', revision: number, status: number === 1 ? 'open' : 'updated' })
    await first.append(revision(1))
    await first.delivery.start()
    await first.untilCursor(1)
    await first.stop()
    isSilent = false
    const { clock, log } = first
    const second = await started(listening(), { silencedBy, log, clock })
    await first.append(makeAlert({ id: 'b' }))
    await second.untilCursor(2)
    await first.append(revision(2))
    await first.untilCursor(3, 1_000)
    await first.append(revision(3))
    await first.untilCursor(4, 1_000)
    expect(seen).toEqual(['b:1 undefined', 'a:2 true', 'a:2 true', 'a:3 undefined'])
  })

  it('tells at once of a group that was kept silent, though it has only grown', async () => {
    let isSilent = true
    const tested = await started(createScriptedSink(), {
      ...grouping,
      silencedBy: () => (isSilent ? { id: 's' } : undefined),
    })
    await tested.append(...by('alice', 'a'))
    await passSeconds(tested, 40)
    isSilent = false
    await tested.append(makeAlert({ id: 'a', revision: 2, status: 'updated', actor: 'alice' }))
    await passSeconds(tested, 40)
    expect(tested.sink.writes).toEqual([['a']])
  })

  it('tells what is silenced or inhibited where the route says that nothing is muted', async () => {
    const tested = await started(createScriptedSink(), {
      ...routing([
        { match: { actor: 'alice' }, sinks: ['scripted'], mute: false },
        { sinks: ['scripted'] },
      ]),
      silencedBy: () => ({ id: 's' }),
    })
    await tested.append(...by('alice', 'a'), ...by('bob', 'b'))
    await tested.untilCursor(2)
    expect(tested.sink.writes.flat()).toEqual(['a'])
  })
})

describe('a delivery whose routing changes', () => {
  it('routes by it what is not settled yet, and tells what had to wait as it was begun', async () => {
    const sink = createScriptedSink()
    const tested = await started(sink, routing([{ sinks: ['scripted'] }]))
    await tested.append(...by('alice', 'a'))
    await tested.untilCursor(1)
    tested.delivery.useRouting(grouping.routing)
    await tested.append(...by('alice', 'b'), ...by('alice', 'c'))
    await tested.untilCursor(3)
    expect(sink.writes).toEqual([['a']])
    await passSeconds(tested, 40)
    expect(sink.writes).toEqual([['a'], ['b', 'c']])
    await tested.append(...by('bob', 'd'))
    await tested.untilCursor(4)
    tested.delivery.useRouting(routing([{ sinks: [] }]).routing)
    await tested.append(...by('bob', 'e'))
    await passSeconds(tested, 40)
    expect(sink.writes).toEqual([['a'], ['b', 'c'], ['d']])
  })
})
