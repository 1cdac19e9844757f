import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { packBatch } from '../../src/audit/batch.ts'
import { splitBody } from '../../src/audit/split.ts'
import { recordsTable } from '../../src/log/schema.ts'
import { packNow } from '../../src/util/zstd.ts'
import { createBodyGenerator } from '../support/generate.ts'
import { startApp } from '../support/running-app.ts'

const roles = ['ingest', 'detect', 'deliver', 'archive', 'observe']

/** It can be opened, but its index tells of texts where there is nothing. */
function misleadingBatch(): Uint8Array {
  const { bytes, items } = splitBody(createBodyGenerator({ seed: 1 })(0).bytes)
  items.texts.requestURI.fill((0xfff0 << 16) | 0xfff0)
  return packNow(packBatch({ cluster: 'default', sender: '', bytes, items }))
}

describe('a service that cannot evaluate events', () => {
  it.each(['sqlite', 'memory'])('is not ready and says why (log: %s)', async (type) => {
    await using running = await startApp({ log: { type } })
    const ready = async () => {
      const reply = await fetch(`${running.adminUrl}/readyz`)
      return [reply.status, await reply.json()]
    }
    expect(await ready()).toEqual([200, { ready: true, reasons: [], roles }])
    const record = { key: 'x', value: misleadingBatch() }
    await running.app.log.append(
      [{ topic: 'events', records: [record] }],
      new AbortController().signal,
    )
    await expect.poll(async () => (await ready())[0], { timeout: 10_000 }).toBe(503)
    expect(await ready()).toEqual([
      503,
      { ready: false, reasons: [expect.stringMatching(/^detection: .+/)], roles },
    ])
  })
})

describe('a stored batch that was damaged', () => {
  it('is counted as lost, under a reason of its own, and the next one is evaluated', async () => {
    await using running = await startApp({ rules: { minimumLevel: 'critical' } })
    const generate = createBodyGenerator({ seed: 1 })
    const metrics = async () => (await fetch(`${running.adminUrl}/metrics`)).text()
    await running.post(generate(0).bytes)
    await running.settle()
    expect(await metrics()).not.toContain('damaged_events')
    using database = new DatabaseSync(join(running.folder, 'data', 'log.sqlite'))
    database.exec(`UPDATE ${recordsTable('events')} SET value = zeroblob(length(value))`)
    await running.app.log.replay('events', 'detect', 0)
    await running.post(generate(1).bytes)
    await running.settle()
    await expect
      .poll(metrics, { timeout: 10_000 })
      .toContain('kubewitness_events_dropped_total{reason="damaged_events"} 1')
  })
})
