import { describe, expect, it } from 'vitest'
import { pageOfSilences, parseSilenceParameters } from '../../src/web/silence-list.ts'
import type { SilenceView } from '../../src/web/silences.ts'

function silence(id: string, createdAt: string, state: SilenceView['state']): SilenceView {
  const rest = { from: 'api', createdBy: 'bob', comment: 'c', match: {} } as const
  return { id, state, createdAt, startsAt: createdAt, endsAt: createdAt, ...rest }
}

const newestFirst = [
  silence('e', '2026-01-03T00:00:00.000Z', 'active'),
  silence('d', '2026-01-02T00:00:00.000Z', 'expired'),
  silence('c', '2026-01-02T00:00:00.000Z', 'active'),
  silence('b', '2026-01-02T00:00:00.000Z', 'pending'),
  silence('a', '2026-01-01T00:00:00.000Z', 'active'),
]

function page(all: readonly SilenceView[], query: object): readonly [string, string | null] {
  const parsed = parseSilenceParameters(query)
  if ('message' in parsed) throw new Error(parsed.message)
  const { items, next } = pageOfSilences(all, parsed.filter)
  return [items.map(({ id }) => id).join(''), next]
}

describe('the list of silences', () => {
  it('comes in pages that go on where the one before ended, whatever is made meanwhile', () => {
    const [first, cursor] = page(newestFirst, { limit: '2' })
    const later = [silence('f', '2026-01-04T00:00:00.000Z', 'active'), ...newestFirst]
    const [second, last] = page(later, { limit: '2', cursor })
    expect([first, second, page(later, { limit: '2', cursor: last })]).toEqual([
      'ed',
      'cb',
      ['a', null],
    ])
  })

  it('gives a hundred without a limit, and none of another state than is asked for', () => {
    expect(page(newestFirst, {})).toEqual(['edcba', null])
    expect(page(newestFirst, { state: 'active', limit: '1' })[0]).toBe('e')
    expect(page(newestFirst, { state: 'pending' })).toEqual(['b', null])
  })

  it.each([
    [{ limit: '0' }, 'limit must be a whole number from 1 to 1000'],
    [{ cursor: 'x' }, 'cursor must be the next of an earlier answer'],
    [{ state: 'over' }, 'state must be one of pending, active, expired'],
    [
      { level: 'high' },
      'there is a parameter that this resource does not know; see /api/v1/openapi.json',
    ],
  ])('refuses %j and says why', (query, message) => {
    expect(parseSilenceParameters(query)).toEqual({ message })
  })
})
