import { describe, expect, it } from 'vitest'
import { packBatch, unpackBatch } from '../../src/audit/batch.ts'
import { splitBody } from '../../src/audit/split.ts'
import type { Alert } from '../../src/contracts.ts'
import { alertingOptionsOf, episodesConfigSchema } from '../../src/detect/episode/config.ts'
import { openPipeline } from '../../src/detect/pipeline.ts'
import { parseTimeUs } from '../../src/util/time.ts'
import { listRecordings, readRecording } from '../support/recordings.ts'
import { createBuiltinRuleSet } from './corpus.ts'

const ruleSet = createBuiltinRuleSet()
const episodes = alertingOptionsOf(episodesConfigSchema.parse({}))

/** The events of a recording in batches of so many, as a file or as from a webhook that gets each batch at its end. */
function alertsIn(recording: string, size: number, isOffline: boolean): Alert[] {
  const lines = readRecording(recording).toString('utf8').trimEnd().split('\n')
  const pipeline = openPipeline(ruleSet, { episodes, isOffline })
  const alerts: Alert[] = []
  for (let start = 0; start < lines.length; start += size) {
    const part = lines.slice(start, start + size)
    const { bytes, items } = splitBody(Buffer.from(part.join('\n')))
    const packed = packBatch({ cluster: 'a', sender: 's', bytes, items, replacements: new Map() })
    const times = part.map((line) =>
      parseTimeUs(/"stageTimestamp":"([^"]+)"/.exec(line)?.[1] ?? ''),
    )
    const lastMs = Math.ceil(Math.max(...times.map((time) => time ?? 0)) / 1000)
    alerts.push(...pipeline.process(unpackBatch(packed, lastMs)).alerts)
  }
  return [...alerts, ...pipeline.close().alerts]
}

const opened = (alerts: readonly Alert[]): string[] =>
  alerts.filter(({ status }) => status === 'open').map(({ id }) => id)

const names = listRecordings('attacks', '.jsonl').map((name) => `attacks/${name}`)
const sizes = [1, 7, 400]

describe('alerts are the same however their events are put into batches', () => {
  it.each(names)('in every revision, for what is read from a file: %s', (name) => {
    const whole = alertsIn(name, 100_000, true)
    expect(whole).not.toEqual([])
    for (const size of sizes) expect(alertsIn(name, size, true)).toEqual(whole)
  })

  it.each(names)('as to what opens, for what is received and what is read later: %s', (name) => {
    const whole = opened(alertsIn(name, 100_000, true))
    for (const size of sizes) expect(opened(alertsIn(name, size, false))).toEqual(whole)
  })
})
