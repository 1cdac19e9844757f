import { describe, expect, it } from 'vitest'
import { createRestarts } from '../../src/app/restarts.ts'
import { createRuleGauges } from '../../src/app/rule-gauges.ts'
import { createMetrics } from '../../src/util/metrics.ts'
import { createFakeClock } from '../support/fake-clock.ts'

const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('what is started again after a failure', () => {
  it('waits twice as long after each failure, a minute at most', async () => {
    const clock = createFakeClock(0)
    const restarts = createRestarts(clock, new AbortController().signal)
    const waits: number[] = []
    for (let i = 0; i < 8; i++) {
      restarts.failed('it broke')
      const begunMs = clock.nowMs()
      const waiting = restarts.wait().then(() => waits.push(clock.nowMs() - begunMs))
      while (waits.length === i) await clock.advance(500)
      await waiting
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  })

  it('is unwell until a start has held for ten seconds', async () => {
    const clock = createFakeClock(0)
    const restarts = createRestarts(clock, new AbortController().signal)
    expect(restarts.problem()).toBeUndefined()
    restarts.failed('it broke')
    restarts.started()
    await clock.advance(9000)
    restarts.failed('it broke again')
    restarts.started()
    await clock.advance(9999)
    await settle()
    expect(restarts.problem()).toBe('it broke again')
    await clock.advance(1)
    await settle()
    expect(restarts.problem()).toBeUndefined()
  })
})

describe('the gauge of rules that are off', () => {
  it('goes back to 0 when a set is loaded in which they are on again', async () => {
    const metrics = createMetrics({ withProcessMetrics: false })
    const rules = createRuleGauges(metrics)
    rules.loaded(2)
    rules.disabled('pod_exec')
    expect(await metrics.text()).toContain('kubewitness_rule_disabled{rule="pod_exec"} 1')
    rules.loaded(3)
    expect(await metrics.text()).toContain('kubewitness_rule_disabled{rule="pod_exec"} 0')
    expect(await metrics.text()).toContain('kubewitness_rules_loaded 3')
  })
})
