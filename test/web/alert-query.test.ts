import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Alert } from '../../src/contracts.ts'
import { type AlertFilter, createAlertQuery } from '../../src/web/alert-query.ts'
import { decodeCursor } from '../../src/web/cursor.ts'
import { createRejectedQuery } from '../../src/web/rejected-query.ts'
import { alertOf, browseOver, rejectedOf } from './records.ts'

type Query<T> = (filter: AlertFilter) => Promise<{ items: readonly T[]; next: string | null }>

/** Follows `next` to the end; the pages. */
async function pages<T>(query: Query<T>, filter: AlertFilter): Promise<(readonly T[])[]> {
  const found: (readonly T[])[] = []
  let next: string | null = null
  do {
    const cursor = next === null ? undefined : decodeCursor(next)
    const page = await query({ ...filter, ...(cursor === undefined ? {} : { cursor }) })
    found.push(page.items)
    next = page.next
  } while (next !== null)
  return found
}

const names = (items: readonly Alert[]) => items.map(({ id, revision }) => `${id}.${revision}`)

describe('alerts', () => {
  it('are listed newest first, page by page, to an end', async () => {
    const records = browseOver(['a', 'b', 'c', 'd', 'e'].map((id) => alertOf(id)))
    const found = await pages(createAlertQuery(records).list, { limit: 2 })
    expect(found.map(names)).toEqual([['e.1', 'd.1'], ['c.1', 'b.1'], ['a.1']])
  })

  it('are listed once, in their newest revision, also over pages', async () => {
    const records = browseOver([
      alertOf('a'),
      alertOf('b'),
      alertOf('a', { revision: 2 }),
      alertOf('c'),
      alertOf('b', { revision: 2 }),
      alertOf('a', { revision: 3, status: 'closed' }),
    ])
    const query = createAlertQuery(records).list
    const one = await pages(query, { limit: 1 })
    expect(one.flatMap(names)).toEqual(['a.3', 'b.2', 'c.1'])
    const all = await pages(query, { limit: 10 })
    expect(all.map(names)).toEqual([['a.3', 'b.2', 'c.1']])
  })

  it('are not shown in an older revision when the newest does not pass the filter', async () => {
    const worse = { ...alertOf('x').rule, level: 'critical' as const }
    const records = browseOver([alertOf('a'), alertOf('a', { revision: 2, rule: worse })])
    const found = await pages(createAlertQuery(records).list, { limit: 10, levels: ['medium'] })
    expect(found).toEqual([[]])
  })

  it('are chosen by level, rule and actor', async () => {
    const rule = (level: 'low' | 'high' | 'critical', name: string) => ({
      ...alertOf('x').rule,
      id: `id-of-${name}`,
      level,
      name,
    })
    const records = browseOver([
      alertOf('a', { rule: rule('low', 'one') }),
      alertOf('b', { rule: rule('high', 'two'), actor: 'bob' }),
      alertOf('c', { rule: rule('critical', 'one') }),
    ])
    const ids = async (filter: Omit<AlertFilter, 'limit'>) =>
      (await pages(createAlertQuery(records).list, { limit: 10, ...filter }))
        .flat()
        .map(({ id }) => id)
    expect(await ids({ levels: ['high'] })).toEqual(['b'])
    expect(await ids({ levels: ['high', 'critical'] })).toEqual(['c', 'b'])
    expect(await ids({ rule: 'one' })).toEqual(['c', 'a'])
    expect(await ids({ rule: 'id-of-two' })).toEqual(['b'])
    expect(await ids({ actor: 'bob', rule: 'one' })).toEqual([])
  })

  it('are listed as they were when the first page was asked for, whatever comes meanwhile', async () => {
    const records = browseOver([alertOf('a'), alertOf('b'), alertOf('c')])
    const { list } = createAlertQuery(records)
    const first = await list({ limit: 1 })
    records.append(alertOf('a', { revision: 2, status: 'closed' }))
    records.append(alertOf('d'))
    const rest = await list({ limit: 9, cursor: decodeCursor(first.next ?? '')! })
    expect([names(first.items), names(rest.items)]).toEqual([['c.1'], ['b.1', 'a.1']])
    expect(names((await list({ limit: 9 })).items)).toEqual(['d.1', 'a.2', 'c.1', 'b.1'])
  })

  it('are each listed once though thousands of them overlap in time', async () => {
    const ids = Array.from({ length: 3000 }, (_, i) => `alert-${i}`)
    const records = browseOver([
      ...ids.map((id) => alertOf(id)),
      ...ids.map((id) => alertOf(id, { revision: 2, status: 'closed' })),
    ])
    const found = (await pages(createAlertQuery(records).list, { limit: 1000 })).flat()
    expect(names(found)).toEqual(ids.toReversed().map((id) => `${id}.2`))
  })

  it('are listed around records that are none', async () => {
    const records = browseOver([
      alertOf('a'),
      '{"schema":',
      'null',
      '{"schema":"other"}',
      alertOf('b'),
    ])
    expect((await pages(createAlertQuery(records).list, { limit: 10 })).map(names)).toEqual([
      ['b.1', 'a.1'],
    ])
  })

  it('come from a bounded scan, which the client may go on with', async () => {
    const topic = browseOver([
      alertOf('a', { actor: 'bob' }),
      ...Array.from({ length: 20_500 }, (_, i) => alertOf(`x${i}`)),
    ])
    const query = createAlertQuery(topic).list
    const first = await query({ limit: 10, actor: 'bob' })
    expect([first.items, topic.given]).toEqual([[], 20_000])
    const rest = await query({ limit: 10, actor: 'bob', cursor: decodeCursor(first.next ?? '')! })
    expect([names(rest.items), rest.next]).toEqual([['a.1'], null])
  })

  it('are each listed exactly once whatever the order of revisions and the page size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        async (appended, limit) => {
          const revisions = new Map<string, number>()
          const alerts = appended.map((n) => {
            const id = `alert-${n}`
            const revision = (revisions.get(id) ?? 0) + 1
            revisions.set(id, revision)
            return alertOf(id, { revision })
          })
          const found = (await pages(createAlertQuery(browseOver(alerts)).list, { limit })).flat()
          const expected = alerts
            .filter(({ id, revision }) => revision === revisions.get(id))
            .toReversed()
          expect(names(found)).toEqual(names(expected))
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('rejected items', () => {
  it('are listed newest first, page by page, to an end', async () => {
    const { browse } = browseOver(['a', 'b', 'c'].map(rejectedOf))
    const found = await pages(createRejectedQuery(browse), { limit: 2 })
    expect(found).toEqual([[rejectedOf('c'), rejectedOf('b')], [rejectedOf('a')]])
  })
})
