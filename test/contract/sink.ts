import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import type { Alert, Outcome, Sink } from '../../src/contracts.ts'
import { KubewitnessError } from '../../src/errors.ts'
import { makeAlert } from '../sinks/make-alert.ts'
import { eventually, type SinkWorld, whileTimePasses } from '../sinks/world.ts'

/** How the other side of a sink behaves. `mixed` refuses the alert with the id `refuse-me` and takes the others. */
export type SinkBehaviour = 'ok' | 'temporary' | 'permanent' | 'mixed' | 'hanging'

/** A sink with its other side, for the contract. */
export interface SinkUnderTest {
  readonly sink: Sink<Alert>
  readonly world: SinkWorld
  /** Longer than the sink waits for an answer. */
  readonly timeoutMs: number
  behave(behaviour: SinkBehaviour): Promise<void>
  /** Ids that the other side has taken, in order. */
  receivedIds(): readonly string[]
  /** True once the other side has got a request and sits on it. */
  isHanging(): boolean
  /** Texts that must never be seen. */
  readonly secrets: readonly string[]
  close(): Promise<void>
}

/** What every sink promises (`Sink` in contracts.ts). `behaviours`: those of the other side that can be brought about. */
export function sinkContract(
  name: string,
  behaviours: readonly SinkBehaviour[],
  make: () => Promise<SinkUnderTest>,
): void {
  describe(`${name} as a sink`, () => {
    const open: SinkUnderTest[] = []
    const started = async (): Promise<SinkUnderTest> => {
      const tested = await make()
      open.push(tested)
      await tested.sink.start()
      return tested
    }
    const caseFor = (
      behaviour: SinkBehaviour,
      title: string,
      run: (tested: SinkUnderTest) => Promise<void>,
    ): void => {
      if (behaviours.includes(behaviour)) it(title, async () => run(await started()))
    }
    afterEach(async () => {
      for (const tested of open.splice(0)) {
        await tested.sink.stop(AbortSignal.abort())
        await tested.close()
      }
    })

    it('takes a batch and says so for each item', async () => {
      const tested = await started()
      expect(statuses(await write(tested, ['a', 'b', 'c']))).toEqual([
        'delivered',
        'delivered',
        'delivered',
      ])
      expect(tested.receivedIds().toSorted()).toEqual(['a', 'b', 'c'])
    })

    it('starts once the secrets are there that were missing, and at once where it has none', async () => {
      const tested = await make()
      open.push(tested)
      const { secrets } = tested.world
      const known = [...secrets]
      secrets.clear()
      const isRefused = await tested.sink.start().then(
        () => false,
        () => true,
      )
      expect(isRefused).toBe(known.length > 0)
      for (const [name, text] of known) secrets.set(name, text)
      if (isRefused) await tested.sink.start()
      expect(statuses(await write(tested, ['a']))).toEqual(['delivered'])
    })

    it('answers an empty batch with nothing and sends nothing', async () => {
      const tested = await started()
      expect(await write(tested, [])).toEqual([])
      expect(tested.receivedIds()).toEqual([])
    })

    caseFor(
      'temporary',
      'asks for a repeat of every item while the other side is down, and delivers after',
      async (tested) => {
        await tested.behave('temporary')
        const outcomes = await write(tested, ['a', 'b'])
        expect(statuses(outcomes)).toEqual(['retry', 'retry'])
        expect(codes(outcomes)).toEqual(['sink.unavailable', 'sink.unavailable'])
        expectNoSecrets(tested, outcomes)
        await tested.behave('ok')
        expect(statuses(await write(tested, ['a', 'b']))).toEqual(['delivered', 'delivered'])
      },
    )

    caseFor('permanent', 'rejects every item that is refused for good', async (tested) => {
      await tested.behave('permanent')
      const outcomes = await write(tested, ['a', 'b', 'c'])
      expect(statuses(outcomes)).toEqual(['rejected', 'rejected', 'rejected'])
      expect(codes(outcomes)).toEqual(['sink.rejected', 'sink.rejected', 'sink.rejected'])
      expectNoSecrets(tested, outcomes)
    })

    caseFor('mixed', 'rejects one refused item and delivers its neighbours', async (tested) => {
      await tested.behave('mixed')
      const outcomes = await write(tested, ['a', 'refuse-me', 'c'])
      expect(statuses(outcomes)).toEqual(['delivered', 'rejected', 'delivered'])
      expect(tested.receivedIds().toSorted()).toEqual(['a', 'c'])
      expectNoSecrets(tested, outcomes)
    })

    caseFor('hanging', 'gives up waiting for an answer', async (tested) => {
      await tested.behave('hanging')
      const abort = new AbortController()
      const writing = tested.sink.write(alerts(['a', 'b']), abort.signal)
      await eventually(() => tested.isHanging())
      if (tested.timeoutMs === Number.POSITIVE_INFINITY) abort.abort()
      else await tested.world.clock.advance(tested.timeoutMs)
      const outcomes = await writing
      expect(statuses(outcomes)).toEqual(['retry', 'retry'])
      expectNoSecrets(tested, outcomes)
    })

    caseFor('hanging', 'lets go at once when the caller aborts', async (tested) => {
      await tested.behave('hanging')
      const abort = new AbortController()
      const writing = tested.sink.write(alerts(['a', 'b']), abort.signal)
      await eventually(() => tested.isHanging())
      abort.abort()
      expect(statuses(await writing)).toEqual(['retry', 'retry'])
      expect(tested.world.clock.sleepers).toBe(0)
    })

    caseFor('hanging', 'cuts a write off when the time for stopping is over', async (tested) => {
      await tested.behave('hanging')
      const writing = tested.sink.write(alerts(['a']), new AbortController().signal)
      await eventually(() => tested.isHanging())
      await tested.sink.stop(AbortSignal.abort())
      expect(statuses(await writing)).toEqual(['retry'])
    })

    it('sends nothing after stop', async () => {
      const tested = await started()
      await write(tested, ['a'])
      await tested.sink.stop(new AbortController().signal)
      expect(statuses(await write(tested, ['b', 'c']))).toEqual(['retry', 'retry'])
      expect(tested.receivedIds()).toEqual(['a'])
    })

    it('may be stopped twice, and before start', async () => {
      const tested = await make()
      open.push(tested)
      await tested.sink.stop(new AbortController().signal)
      await tested.sink.stop(new AbortController().signal)
      expect(tested.receivedIds()).toEqual([])
    })
  })
}

function alerts(ids: readonly string[]): Alert[] {
  return ids.map((id) => makeAlert({ id }))
}

function write(tested: SinkUnderTest, ids: readonly string[]): Promise<readonly Outcome[]> {
  const { sink, world } = tested
  return whileTimePasses(world, sink.write(alerts(ids), new AbortController().signal))
}

function statuses(outcomes: readonly Outcome[]): string[] {
  return outcomes.map(({ status }) => status)
}

function codes(outcomes: readonly Outcome[]): (string | undefined)[] {
  return outcomes.map((outcome) =>
    'error' in outcome && outcome.error instanceof KubewitnessError
      ? outcome.error.code
      : undefined,
  )
}

function expectNoSecrets({ world, secrets }: SinkUnderTest, outcomes: readonly Outcome[]): void {
  const seen = inspect(outcomes, { depth: 20, showHidden: true }) + world.logger.lines.join('\n')
  for (const secret of secrets) expect(seen).not.toContain(secret)
}
