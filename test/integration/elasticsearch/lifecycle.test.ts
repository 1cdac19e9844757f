import { randomBytes } from 'node:crypto'
import { describe, expect, inject, it } from 'vitest'
import { readSecret } from '../../../src/config/secret.ts'
import {
  type ElasticsearchSinkConfig,
  elasticsearchSinkSchema,
} from '../../../src/sinks/elasticsearch/config.ts'
import { setUp } from '../../../src/sinks/elasticsearch/run-setup.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { ask } from '../../support/ask-elasticsearch.ts'

const server = inject('elasticsearch')
const address = server ?? ''

function configOf(archive: object, namespace: string): ElasticsearchSinkConfig {
  return elasticsearchSinkSchema.parse({
    name: 'search',
    type: 'elasticsearch',
    nodes: [address],
    archiveEvents: true,
    archive,
    namespace,
  })
}

describe.skipIf(server === null)('events in a data stream of Elasticsearch', () => {
  it.each([
    ['for ever', {}, { enabled: true }],
    ['for some days', { retentionDays: 30 }, { enabled: true, data_retention: '30d' }],
  ])('are kept %s, as the configuration says', async (_, archive, lifecycle) => {
    const other = `t${randomBytes(6).toString('hex')}`
    const steps = await setUp(configOf(archive, other), {
      readSecret,
      clock: systemClock,
      isDryRun: false,
      signal: AbortSignal.timeout(60_000),
    })
    expect(steps.map(({ action }) => action)).toContain('made')
    const found = (await ask(
      address,
      'POST',
      `_index_template/_simulate_index/logs-kubernetes.audit_logs-${other}`,
    )) as { template: { lifecycle: object } }
    expect(found.template.lifecycle).toMatchObject(lifecycle)
  })
})
