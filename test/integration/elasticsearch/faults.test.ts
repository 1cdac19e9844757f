import { describe, expect, inject, it } from 'vitest'
import { runFaults } from '../../support/elasticsearch-faults.ts'
import { testedElasticsearch } from '../../support/search-products.ts'

describe.skipIf(inject('elasticsearch') === null)('an Elasticsearch that fails', () => {
  it('has every event and every alert once in the end, whatever it did meanwhile', async () => {
    const figures = await runFaults(testedElasticsearch, { bodies: 15, downMs: 1500 })
    if (figures === undefined) throw new Error('no server can be started to be broken')
    const { retries, seconds: _, alerts, ...counts } = figures
    expect(alerts).toBeGreaterThan(0)
    expect(Object.keys(retries)).toContain('search/events')
    expect(counts).toEqual({
      sentEvents: 6001,
      archivedEvents: 6000,
      archivedDocuments: 6000,
      missingEvents: 1,
      unknownEvents: 0,
      refusedEvents: 1,
      missingAlerts: 0,
      staleAlerts: 0,
      alertDocuments: alerts,
    })
  }, 600_000)
})
