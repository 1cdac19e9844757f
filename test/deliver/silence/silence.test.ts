import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { labelsOf } from '../../../src/deliver/route/labels.ts'
import {
  type Silence,
  silenceDraftSchema,
  silenceOf,
  stateOf,
} from '../../../src/deliver/silence/silence.ts'
import { createSilences } from '../../../src/deliver/silence/silences.ts'
import { makeAlert } from '../../sinks/make-alert.ts'

const nowMs = Date.parse('2026-01-31T12:00:00Z')
const draft = {
  match: { actor: 'alice*' },
  endsAt: '2026-01-31T14:00:00+01:00',
  createdBy: 'bob@example.com',
  comment: 'moving the shop',
}

function made(changes: object = {}, from: 'api' | 'file' = 'api'): Silence {
  const silence = silenceOf(silenceDraftSchema.parse({ ...draft, ...changes }), from, nowMs)
  if ('problem' in silence) throw new Error(silence.problem)
  return silence
}

describe('a silence', () => {
  it('says from when until when, in one form of time', () => {
    expect(made()).toEqual({
      schema: 'kubewitness.silence/v1',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      from: 'api',
      match: { actor: 'alice*' },
      startsAt: '2026-01-31T12:00:00.000Z',
      endsAt: '2026-01-31T13:00:00.000Z',
      createdAt: '2026-01-31T12:00:00.000Z',
      createdBy: 'bob@example.com',
      comment: 'moving the shop',
    })
  })

  it('in a file is the same whenever the file is read', () => {
    const silence = made({}, 'file')
    const later = silenceOf(silenceDraftSchema.parse(draft), 'file', nowMs + 5_000)
    expect([silence.startsAt, 'id' in later && later.id]).toEqual([
      '1970-01-01T00:00:00.000Z',
      silence.id,
    ])
  })

  it.each([
    ['without an end', { endsAt: undefined }, 'endsAt'],
    ['without a reason', { comment: ' ' }, 'comment'],
    ['of nobody', { createdBy: '' }, 'createdBy'],
    ['of everything', { match: {} }, 'names nothing'],
    ['that ends before it starts', { startsAt: '2026-02-01T00:00:00Z' }, 'must be behind startsAt'],
    ['with a day for a time', { endsAt: '2026-02-01' }, 'must be a time like'],
    ['that says more', { forever: true }, 'forever'],
  ])('%s is refused', (_, changes, problem) => {
    const parsed = silenceDraftSchema.safeParse({ ...draft, ...changes })
    expect(JSON.stringify(parsed.error?.issues)).toContain(problem)
  })

  it.each([
    ['that is over', { endsAt: '2026-01-31T12:00:00Z' }, 'endsAt is over already'],
    [
      'for years',
      { endsAt: '2027-02-02T00:00:00Z' },
      'endsAt is more than 366 days behind the start',
    ],
  ])('%s is refused', (_, changes, problem) => {
    expect(silenceOf(silenceDraftSchema.parse({ ...draft, ...changes }), 'api', nowMs)).toEqual({
      problem,
    })
  })

  it('never outlives its end, nor begins before its start', () => {
    const silence = made({ startsAt: '2026-01-31T12:30:00Z' })
    const [startMs, endMs] = [Date.parse(silence.startsAt), Date.parse(silence.endsAt)]
    const silences = createSilences()
    silences.put(silence)
    const labels = labelsOf(makeAlert())
    const close = fc.constantFrom(startMs - 1, startMs, endMs - 1, endMs)
    fc.assert(
      fc.property(fc.oneof(close, fc.integer({ min: nowMs, max: nowMs + 1e8 })), (atMs) => {
        const expected = atMs >= endMs ? 'expired' : atMs >= startMs ? 'active' : 'pending'
        expect(stateOf(silence, atMs)).toBe(expected)
        expect(silences.silencedBy(labels, atMs)?.id).toBe(
          expected === 'active' ? silence.id : undefined,
        )
      }),
    )
  })
})

describe('silences', () => {
  it('are those of the file as it is now, and those of the API', () => {
    const silences = createSilences()
    const [api, first, second] = [
      made(),
      made({ comment: 'first' }, 'file'),
      made({ comment: 'second' }, 'file'),
    ]
    silences.put(api)
    silences.useFile([first])
    silences.useFile([second])
    expect(silences.list().map(({ id }) => id)).toEqual([api.id, second.id])
    expect(silences.get(first.id)).toBe(undefined)
  })

  it('do not hold for alerts that they do not mean', () => {
    const silences = createSilences()
    silences.put(made())
    expect(silences.silencedBy(labelsOf(makeAlert({ actor: 'bob' })), nowMs)).toBe(undefined)
  })

  it('take the last word on one, and forget those that ended first when there are too many', () => {
    const silences = createSilences(1)
    const silence = made()
    silences.put(silence)
    silences.put({ ...silence, endsAt: '2026-01-31T12:10:00.000Z' })
    expect(silences.list().map(({ endsAt }) => endsAt)).toEqual(['2026-01-31T12:10:00.000Z'])
    const later = made({ comment: 'later' })
    silences.put(later)
    expect(silences.list()).toEqual([later])
  })
})
