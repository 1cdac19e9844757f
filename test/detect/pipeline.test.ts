import { expect, it } from 'vitest'
import { sliceIndex } from '../../src/audit/index-slice.ts'
import { splitBody } from '../../src/audit/split.ts'
import type { Alert, EventBatch, StateChange } from '../../src/contracts.ts'
import { alertingOptionsOf, episodesConfigSchema } from '../../src/detect/episode/config.ts'
import { openPipeline, type Pipeline } from '../../src/detect/pipeline.ts'
import { createBuiltinRuleSet } from '../detections/corpus.ts'
import { createRandom } from '../support/random.ts'
import { recordedAttackBodies } from '../support/recorded-attacks.ts'
import { readWebhookBodies } from '../support/recordings.ts'

const receivedAtMs = Date.UTC(2026, 11)

function batches(): EventBatch[] {
  const bodies = [...recordedAttackBodies(), ...readWebhookBodies().map(({ bytes }) => bytes)]
  return bodies.map((body) => {
    const { bytes, items } = splitBody(body)
    return { cluster: 'prod', sender: '192.0.2.1', receivedAtMs, bytes, index: items }
  })
}

it('tells the same when every event is a batch of its own, so that event time is told with each', () => {
  const ruleSet = createBuiltinRuleSet()
  const episodes = alertingOptionsOf(episodesConfigSchema.parse({}))
  const whole = openPipeline(ruleSet, { episodes })
  const single = openPipeline(ruleSet, { episodes })
  const expected: Alert[] = []
  const found: Alert[] = []
  for (const [number, batch] of batches().entries()) {
    const sent = { ...batch, sender: `192.0.2.${number % 3}` }
    found.push(...whole.process(sent).alerts)
    for (let item = 0; item < batch.index.count; item++)
      expected.push(
        ...single.process({ ...sent, index: sliceIndex(batch.index, item, item + 1) }).alerts,
      )
  }
  expected.push(...single.close().alerts)
  found.push(...whole.close().alerts)
  expect(found).toEqual(expected)
}, 60_000)

it('a pipeline goes on from what was saved as if nothing had been between, with all rules, wherever it is cut', () => {
  const ruleSet = createBuiltinRuleSet()
  const episodes = alertingOptionsOf(episodesConfigSchema.parse({}))
  const open = (): Pipeline => openPipeline(ruleSet, { episodes })
  const saved = new Map<string, Uint8Array>()
  const save = (prefix: string, { key, value }: StateChange): void => {
    expect(key.startsWith(prefix)).toBe(true)
    if (value === undefined) saved.delete(key)
    else saved.set(key, value)
  }
  const reopen = (pipeline: Pipeline): Pipeline => {
    for (const [prefix, part] of Object.entries(pipeline.parts))
      for (const change of part.takeChanges()) save(prefix, change)
    const next = open()
    for (const [prefix, part] of Object.entries(next.parts)) {
      const records = [...saved].filter(([key]) => key.startsWith(prefix))
      part.restore(records.map(([key, value]) => ({ key, value })))
    }
    return next
  }
  const random = createRandom(5)
  const whole = open()
  let cut = open()
  const expected: Alert[] = []
  const found: Alert[] = []
  for (const batch of batches()) {
    expected.push(...whole.process(batch).alerts)
    found.push(...cut.process(batch).alerts)
    if (random() < 0.3) cut = reopen(cut)
  }
  expected.push(...whole.close().alerts)
  found.push(...cut.close().alerts)
  expect(saved.size).toBeGreaterThan(100)
  expect(found).toEqual(expected)
}, 60_000)
