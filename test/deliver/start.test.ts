import { describe, expect, it } from 'vitest'
import { KubewitnessError } from '../../src/errors.ts'
import { makeAlert } from '../sinks/make-alert.ts'
import { createScriptedSink, deliveriesOfTests, type ScriptedSink } from './setup.ts'

const { made } = deliveriesOfTests()

/** A sink that cannot start while its folder is missing. */
function sinkOf(folder: { isThere: boolean }): ScriptedSink {
  const sink = createScriptedSink()
  return Object.assign(sink, {
    start: async () => {
      sink.lifecycle.push('start')
      if (!folder.isThere)
        throw new KubewitnessError('sink.unavailable', 'opening /alerts', { next: 'make it' })
    },
  })
}

describe('a delivery to a sink that cannot start', () => {
  it('rejects when it begins for the first time', async () => {
    const tested = made(sinkOf({ isThere: false }))
    await expect(tested.delivery.start()).rejects.toMatchObject({ code: 'sink.unavailable' })
    expect(tested.logger.lines).toEqual([])
  })

  it('goes on when it was in order before, as one to a sink that is down', async () => {
    const folder = { isThere: true }
    const before = made(sinkOf(folder))
    await before.delivery.start()
    await before.append(makeAlert({ id: 'a' }))
    await before.untilCursor(1)
    await before.stop()

    folder.isThere = false
    const sink = sinkOf(folder)
    const tested = made(sink, { log: before.log })
    await tested.delivery.start()
    await before.append(makeAlert({ id: 'b' }))
    await tested.clock.advance(60_000)
    expect(await tested.metrics.text()).toContain('kubewitness_sink_up{sink="scripted"} 0')
    expect([sink.writes, await tested.deadLetters()]).toEqual([[], []])

    folder.isThere = true
    await tested.untilCursor(2, 1_000)
    expect(sink.writes).toEqual([['b']])
    expect(await tested.metrics.text()).toContain('kubewitness_sink_up{sink="scripted"} 1')
    const error = "{\n  sink: 'scripted',\n  error: 'sink.unavailable: opening /alerts; make it'\n}"
    expect(tested.logger.lines).toEqual([
      `error Sink cannot start; what it is to get waits in the log ${error}`,
      `error Sink refuses everything; what it is to get waits in the log ${error}`,
      "info Sink has started { sink: 'scripted' }",
      "info Sink is up again { sink: 'scripted' }",
    ])
  })
})
