import { describe, expect, it } from 'vitest'
import { logConfigSchema, topicOptions } from '../../src/log/table.ts'

describe('the configuration of the log', () => {
  it('has a default for everything', () => {
    const gibibyte = 1024 ** 3
    expect(logConfigSchema.parse({})).toEqual({
      type: 'sqlite',
      retention: {
        events: { maxAgeHours: 168, maxBytes: 10 * gibibyte },
        alerts: { maxAgeHours: 2160, maxBytes: 2 * gibibyte },
        rejected: { maxAgeHours: 720, maxBytes: gibibyte },
        deadLetter: { maxAgeHours: 720, maxBytes: gibibyte },
      },
    })
  })

  it('gives a log in memory less room', () => {
    const { type, retention } = logConfigSchema.parse({ type: 'memory' })
    expect(type).toBe('memory')
    expect(retention.events).toEqual({ maxAgeHours: 168, maxBytes: 256 * 1024 ** 2 })
  })

  it.each([
    [1000, 1000],
    ['1000B', 1000],
    ['512MiB', 512 * 1024 ** 2],
    ['1.5 GiB', 1.5 * 1024 ** 3],
    ['2TiB', 2 * 1024 ** 4],
  ])('reads the size %s', (maxBytes, expected) => {
    const { retention } = logConfigSchema.parse({ retention: { events: { maxBytes } } })
    expect(retention.events.maxBytes).toBe(expected)
  })

  it.each([
    { type: 'paper' },
    { retention: { events: { maxBytes: '10 gigabytes' } } },
    { retention: { events: { maxBytes: 0 } } },
    { retention: { events: { maxAgeHours: 0 } } },
    { retention: { other: {} } },
  ])('refuses %j', (config) => {
    expect(logConfigSchema.safeParse(config).success).toBe(false)
  })

  it('becomes the options of every topic', () => {
    const config = logConfigSchema.parse({
      retention: {
        events: { maxAgeHours: 1, maxBytes: 1 },
        alerts: { maxAgeHours: 2, maxBytes: 2 },
        rejected: { maxAgeHours: 3, maxBytes: 3 },
        deadLetter: { maxAgeHours: 4, maxBytes: 4 },
      },
    })
    const hourMs = 3_600_000
    expect(topicOptions(config, { events: ['detect'] })).toEqual({
      events: { uniqueKeys: true, maxAgeMs: hourMs, maxBytes: 1, protectedGroups: ['detect'] },
      alerts: { uniqueKeys: true, maxAgeMs: 2 * hourMs, maxBytes: 2, protectedGroups: [] },
      rejected: { uniqueKeys: true, maxAgeMs: 3 * hourMs, maxBytes: 3, protectedGroups: [] },
      'dead-letter': { uniqueKeys: false, maxAgeMs: 4 * hourMs, maxBytes: 4, protectedGroups: [] },
      // Longer than a silence may last.
      silences: {
        uniqueKeys: true,
        maxAgeMs: 400 * 24 * hourMs,
        maxBytes: 16 << 20,
        protectedGroups: [],
      },
      senders: {
        uniqueKeys: true,
        maxAgeMs: 24 * hourMs,
        maxBytes: 64 << 20,
        protectedGroups: [],
      },
    })
    expect(topicOptions(config, {}, { alerts: ['sink:chat'] })['alerts']).toEqual({
      uniqueKeys: true,
      maxAgeMs: 2 * hourMs,
      maxBytes: 2,
      protectedGroups: [],
      readers: ['sink:chat'],
    })
  })
})
