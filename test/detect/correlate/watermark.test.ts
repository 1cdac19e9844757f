import { describe, expect, it } from 'vitest'
import { createFrontiers } from '../../../src/detect/correlate/watermark.ts'

const hourUs = 3_600_000_000
const startMs = 1_767_225_600_000
const startUs = startMs * 1000

describe('the frontier of a cluster', () => {
  it('is the least that its senders have reached, and never goes back', () => {
    const frontiers = createFrontiers()
    const seen = (
      [
        ['one', 1],
        ['one', 2],
        ['two', 1],
        ['two', 1.5],
        ['one', 3],
        ['two', 2.5],
      ] as const
    ).map(
      ([sender, s]) => frontiers.advance('c', sender, startUs + s * 1e6, startMs + 5000) - startUs,
    )
    expect(seen).toEqual([Number.NEGATIVE_INFINITY, 2e6, 2e6, 2e6, 2e6, 2.5e6])
    expect(frontiers.of('other')).toBe(Number.NEGATIVE_INFINITY)
  })

  it('does not wait for a sender that has been silent for two minutes', () => {
    const frontiers = createFrontiers()
    for (const s of [0, 1]) {
      frontiers.advance('c', 'silent', startUs + s, startMs + 1)
      frontiers.advance('c', 'busy', startUs + s, startMs + 1)
    }
    expect(frontiers.advance('c', 'busy', startUs + 9, startMs + 120_001)).toBe(startUs + 1)
    expect(frontiers.advance('c', 'busy', startUs + 10, startMs + 120_002)).toBe(startUs + 10)
  })

  it('is not moved by a single event from the future, however often that comes', () => {
    const frontiers = createFrontiers()
    const advance = (us: number) =>
      frontiers.advance('c', 's', startUs + us, startMs + 1e9) - startUs
    expect([0, 1, 9 * hourUs, 9 * hourUs, 2, 9 * hourUs + 5].map(advance)).toEqual([
      Number.NEGATIVE_INFINITY,
      1,
      1,
      1,
      2,
      9 * hourUs + 5,
    ])
  })

  it('is no later than the time of receipt', () => {
    const frontiers = createFrontiers()
    frontiers.advance('c', 's', startUs, startMs)
    expect(frontiers.advance('c', 's', startUs + 60e6, startMs + 10)).toBe(startUs + 10_000)
  })
})
