import { describe, expect, it } from 'vitest'
import { planProblems } from '../../../src/detect/correlate/plan.ts'
import { readSettings } from '../../../src/detect/correlate/settings.ts'
import { correlation, threshold } from './setup.ts'

describe('the custom attributes of a correlation', () => {
  it('say what is counted, how late an event may come and how much is remembered', () => {
    const custom = { count: 'events', lateness: '5m', maxKeys: 50, maxBytes: '2 MiB' }
    expect(readSettings({ custom })).toEqual({
      settings: { count: 'events', latenessUs: 300_000_000, maxKeys: 50, maxBytes: 2 << 20 },
      problems: [],
    })
  })

  it('are requests, two minutes, 100,000 keys and 16 MiB by default', () => {
    expect(readSettings({ custom: {} })).toEqual({
      settings: {
        count: 'requests',
        latenessUs: 120_000_000,
        maxKeys: 100_000,
        maxBytes: 16 << 20,
      },
      problems: [],
    })
  })

  it('are each refused with what they may be', () => {
    const custom = { count: 'stages', lateness: '5 min', maxKeys: 0, maxBytes: '1 KiB' }
    expect(planProblems(correlation('event_count', threshold({ gte: 2 }), { custom }))).toEqual([
      '`kubewitness.count` is "stages"; it has to be `requests` or `events`',
      '`kubewitness.lateness` is "5 min"; it has to be a whole number with s, m, h or d, such as `2m`',
      '`kubewitness.maxKeys` is 0; it has to be a whole number from 1 to 10000000',
      '`kubewitness.maxBytes` is "1 KiB"; it has to be a whole number of bytes, KiB, MiB or GiB from 64 KiB to 4 GiB',
    ])
  })
})
