import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Alert } from '../../../src/contracts.ts'
import { createSink, sinkConfigSchema } from '../../../src/sinks/table.ts'
import { wordOf } from '../../support/outcome-word.ts'
import { makeAlert, makeRule } from '../make-alert.ts'
import { type ScriptedServer, startScriptedServer } from '../scripted-server.ts'
import { createSinkWorld, whileTimePasses } from '../world.ts'

let server: ScriptedServer
beforeEach(async () => {
  server = await startScriptedServer()
  server.reply = () => ({ status: 202 })
})
afterEach(() => server.close())

function makeSink() {
  const world = createSinkWorld({ url: `${server.origin}/workflows/CANARY` })
  const config = sinkConfigSchema.parse({ name: 'teams', type: 'teams', urlFile: 'url' })
  const sink = createSink(config, world)
  const write = (batch: readonly Alert[]) =>
    whileTimePasses(world, sink.write(batch, new AbortController().signal))
  return { world, write }
}

function summaries(): string[] {
  return server.requests.map(({ body }) => (JSON.parse(body) as { summary: string }).summary)
}

describe('the Teams sink', () => {
  it('posts the most severe first, and one card for many', async () => {
    const { write } = makeSink()
    await write([
      makeAlert({ id: 'a', rule: makeRule('low') }),
      makeAlert({ id: 'b', rule: makeRule('high') }),
    ])
    await write(Array.from({ length: 6 }, (_, i) => makeAlert({ id: `c${i}` })))
    expect(summaries()).toEqual([
      '🟠 HIGH: Shell in a pod',
      '🔵 LOW: Shell in a pod',
      '🟡 6 alerts: 6 medium',
    ])
  })

  it('posts no more than four cards a second', async () => {
    const times: number[] = []
    const { write, world } = makeSink()
    server.reply = () => {
      times.push(world.clock.nowMs())
      return { status: 202 }
    }
    await write(['a', 'b', 'c'].map((id) => makeAlert({ id })))
    expect(times.length).toBe(3)
    for (const [i, time] of times.entries()) {
      if (i > 0) expect(time - times[i - 1]!).toBeGreaterThanOrEqual(250)
    }
  })

  it.each([
    [202, '', 'delivered'],
    [200, '1', 'delivered'],
    [
      200,
      'Microsoft Teams endpoint returned HTTP error 429 with ContextId CANARY',
      'retry sink.unavailable: posting to sink teams: Teams answered 429 to the workflow',
    ],
    [
      400,
      '{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"CANARY"}}',
      'retry sink.unavailable: posting to sink teams: answered 400, the workflow is off or gone; switch the workflow on in Teams, or put the address of another into the file; the alerts are kept',
    ],
    [400, '', 'rejected sink.rejected: posting to sink teams: answered 400'],
    [413, '', 'rejected sink.rejected: posting to sink teams: answered 413'],
    [
      401,
      '',
      'retry sink.unavailable: posting to sink teams: answered 401; check the address and the secret; the alerts are kept',
    ],
    [429, '', 'retry sink.unavailable: posting to sink teams: answered 429'],
  ])('takes the answer %i %j as: %s', async (status, body, expected) => {
    server.reply = () => ({ status, body })
    const { write } = makeSink()
    expect(wordOf((await write([makeAlert()]))[0])).toBe(expected)
  })
})
