import { expect, it } from 'vitest'
import { createPace } from '../../src/sinks/pace.ts'
import { createFakeClock } from '../support/fake-clock.ts'

it('a clock that is set back holds nothing up for longer than was asked', async () => {
  const clock = createFakeClock()
  let backMs = 0
  const pace = createPace({ ...clock, nowMs: () => clock.nowMs() - backMs }, 1_000)
  pace.sent()
  backMs = 3_600_000
  let hasWaited = false
  const waiting = pace.wait(new AbortController().signal).then(() => {
    hasWaited = true
  })
  await clock.advance(999)
  expect(hasWaited).toBe(false)
  await clock.advance(1)
  await waiting
})
