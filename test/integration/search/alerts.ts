import { randomBytes } from 'node:crypto'
import { afterAll, describe, expect, inject, it } from 'vitest'
import type { Alert, Sink } from '../../../src/contracts.ts'
import { createSink, sinkConfigSchema } from '../../../src/sinks/table.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { makeAlert, makeRule } from '../../sinks/make-alert.ts'
import { createSinkWorld } from '../../sinks/world.ts'
import { ask as askAt } from '../../support/ask-elasticsearch.ts'
import { wordOf } from '../../support/outcome-word.ts'
import type { TestedProduct } from '../../support/search-products.ts'

/** What has to hold of alerts, whichever product they go to. */
export function testAlerts({ type, name, parsingError }: TestedProduct): void {
  const address = inject(type)

  const namespace = `t${randomBytes(6).toString('hex')}`
  const alias = `kubewitness-alerts-${namespace}`
  const january = `${alias}-2026.01`
  const february = `${alias}-2026.02`

  const ask = (method: string, path: string, body?: unknown): Promise<unknown> =>
    askAt(address ?? '', method, path, body)

  async function startedSink(): Promise<Sink<Alert>> {
    const config = sinkConfigSchema.parse({
      name: 'search',
      type,
      nodes: [address],
      namespace,
    })
    const sink = createSink(config, { ...createSinkWorld(), clock: systemClock })
    await sink.start()
    return sink
  }

  /** Writes through a sink of its own, as after a restart, and gives the outcomes as words. */
  async function write(...alerts: readonly Alert[]): Promise<string[]> {
    const sink = await startedSink()
    const outcomes = await sink.write(alerts, AbortSignal.timeout(20_000))
    await sink.stop(AbortSignal.timeout(5_000))
    return outcomes.map(wordOf)
  }

  describe.skipIf(address === null)(`the sink for ${name}, on a real server`, () => {
    afterAll(async () => {
      await ask('DELETE', january)
      await ask('DELETE', february)
    })

    it('makes an index per month behind one alias, with our mapping only', async () => {
      const later = makeAlert({ id: 'later', firstSeen: '2026-02-03T00:00:00.000000Z' })
      expect(await write(makeAlert({ id: 'first' }), later)).toEqual(['delivered', 'delivered'])
      expect(Object.keys((await ask('GET', `_alias/${alias}`)) as object).toSorted()).toEqual([
        january,
        february,
      ])
      await ask('POST', `${alias}/_refresh`)
      const found = await ask('POST', `${alias}/_search`, {
        query: { term: { 'user.name': 'alice@example.com' } },
        _source: ['event.id'],
        sort: ['event.id'],
      })
      expect(found).toMatchObject({
        hits: {
          hits: [
            { _index: january, _id: 'first' },
            { _index: february, _id: 'later' },
          ],
        },
      })
      expect(await ask('GET', `${january}/_mapping`)).toMatchObject({
        [january]: { mappings: { dynamic: 'false' } },
      })
    })

    it('keeps the highest revision, whatever comes when', async () => {
      const revision = (number: number) =>
        makeAlert({ id: 'revised', revision: number, count: number * 10 })
      expect(await write(revision(1))).toEqual(['delivered'])
      expect(await write(revision(1))).toEqual(['delivered'])
      expect(await write(revision(3))).toEqual(['delivered'])
      expect(await write(revision(2))).toEqual(['delivered'])
      expect(await write(revision(3), revision(4), revision(1))).toEqual([
        'delivered',
        'delivered',
        'delivered',
      ])
      expect(await ask('GET', `${january}/_doc/revised`)).toMatchObject({
        _version: 4,
        _source: { kubewitness: { alert: { revision: 4, count: 40 } } },
      })
    })

    it('takes what is hostile to mappings, and refuses alone what no mapping can take', async () => {
      const hostile = makeAlert({
        id: 'hostile',
        peerIp: 'fe80::1%eth0',
        userAgent: 'x'.repeat(40_000),
        actor: '\u202e<!channel>\u0000',
        group: { 'a.b': '1', a: '2', '.': 'y'.repeat(40_000), constructor: 'z' },
        why: [{ selection: 's', field: 'f', value: '{"a":1}'.repeat(10_000) }],
      })
      const undated = makeAlert({ id: 'undated', firstSeen: '2026-01-99T00:00:00Z' })
      expect(await write(hostile, undated, makeAlert({ id: 'neighbour' }))).toEqual([
        'delivered',
        `rejected sink.rejected: writing to sink search: 400 ${parsingError}`,
        'delivered',
      ])
      expect(await ask('GET', `${january}/_doc/hostile`)).toMatchObject({
        _source: { kubewitness: { alert: hostile } },
      })
    })

    it('asks for a repeat while the disk is full, and delivers once there is room', async () => {
      const block = (value: boolean | null) =>
        ask('PUT', `${january}/_settings`, { 'index.blocks.read_only_allow_delete': value })
      const alert = makeAlert({ id: 'blocked', rule: makeRule('high') })
      await block(true)
      expect(await write(alert)).toEqual([
        `retry sink.unavailable: writing to sink search: 429 cluster_block_exception; make room on the disks of ${name}, or take the block off the index; it goes on by itself then`,
      ])
      await block(null)
      expect(await write(alert)).toEqual(['delivered'])
    })
  })
}
