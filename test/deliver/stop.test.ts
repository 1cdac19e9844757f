import { describe, expect, it } from 'vitest'
import { eventually } from '../sinks/world.ts'
import {
  alerts,
  createScriptedSink,
  createUnderTest,
  delivered,
  deliveriesOfTests,
  down,
} from './setup.ts'

const { started } = deliveriesOfTests()

describe('stopping a delivery', () => {
  it('finishes the write under way, commits it and then stops the sink', async () => {
    const sink = createScriptedSink()
    const held = Promise.withResolvers<void>()
    sink.hold = held.promise
    const tested = await started(sink)
    await tested.append(...alerts('a'))
    await eventually(() => sink.writes.length === 1)
    const stopping = tested.delivery.stop(new AbortController().signal)
    expect(sink.lifecycle).toEqual(['start'])
    held.resolve()
    await stopping
    expect([sink.lifecycle, await tested.cursor()]).toEqual([['start', 'stop'], 1])
  })

  it('abandons the write at the deadline, uncommitted and not as a fault of the sink', async () => {
    const sink = createScriptedSink()
    sink.hold = new Promise(() => undefined)
    const tested = await started(sink)
    await tested.append(...alerts('a'))
    await eventually(() => sink.writes.length === 1)
    const deadline = new AbortController()
    const stopping = tested.delivery.stop(deadline.signal)
    deadline.abort()
    await stopping
    expect([await tested.cursor(), tested.logger.lines]).toEqual([0, []])
  })

  it('abandons the write at once when there is no time at all', async () => {
    const sink = createScriptedSink()
    sink.hold = new Promise(() => undefined)
    const tested = await started(sink)
    await tested.append(...alerts('a'))
    await eventually(() => sink.writes.length === 1)
    await tested.delivery.stop(AbortSignal.abort())
    expect([await tested.cursor(), sink.lifecycle]).toEqual([0, ['start', 'stop']])
  })

  it('does not wait for a sink that is down', async () => {
    const sink = createScriptedSink()
    sink.answer = () => ({ ...down, afterMs: 3_600_000 })
    const tested = await started(sink)
    await tested.append(...alerts('a'))
    await eventually(() => tested.clock.sleepers === 1)
    await tested.delivery.stop(new AbortController().signal)
    expect([await tested.cursor(), tested.clock.sleepers]).toEqual([0, 0])
  })

  it('leaves what it has not committed to the next start', async () => {
    const sink = createScriptedSink()
    sink.answer = ({ id }) => (id === 'a' ? down : delivered)
    const first = createUnderTest(sink)
    await first.append(...alerts('a', 'b'))
    await first.delivery.start()
    await eventually(() => first.clock.sleepers === 1)
    await first.stop()
    const second = await started(createScriptedSink(), { log: first.log })
    await second.untilCursor(2)
    expect(second.sink.writes).toEqual([['a', 'b']])
  })

  it('is possible before start, and twice', async () => {
    const tested = createUnderTest(createScriptedSink())
    await tested.stop()
    await tested.stop()
    expect(tested.sink.writes).toEqual([])
  })
})
