import { expect, it } from 'vitest'
import type { Observed } from '../../src/app/observed.ts'
import { runObserving } from '../../src/app/observing.ts'
import { packBatch } from '../../src/audit/batch.ts'
import { splitBody } from '../../src/audit/split.ts'
import { createMemoryLog } from '../../src/log/memory.ts'
import { packNow } from '../../src/util/zstd.ts'
import { auditEvent } from '../rbac/observe/events.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { keepAll } from '../support/keep-all.ts'

it('goes on behind a stored batch that cannot be opened, and says so', async () => {
  const clock = createFakeClock()
  const log = createMemoryLog({ clock, topics: { events: keepAll } })
  const split = splitBody(Buffer.from(JSON.stringify(auditEvent({ user: 'alice' }).raw)))
  const value = packNow(packBatch({ cluster: 'default', sender: '', ...split }))
  const stopping = new AbortController()
  const reasons: string[] = []
  let observed: Observed | undefined
  const observing = runObserving(
    {
      log,
      clock,
      onObserved: (known) => {
        observed = known
      },
      onStateDropped: () => undefined,
      onUnreadable: (reason) => void reasons.push(reason),
    },
    stopping.signal,
  )
  const records = [
    { key: 'u', value: Buffer.from('no frame') },
    { key: 'a', value },
  ]
  await log.append([{ topic: 'events', records }], stopping.signal)
  await expect.poll(() => observed?.profiles().map(({ user }) => user)).toEqual(['alice'])
  expect(reasons).toEqual(['Unknown frame descriptor'])
  stopping.abort()
  await observing
})
