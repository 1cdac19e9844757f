import { randomBytes } from 'node:crypto'
import { describe, expect, inject, it } from 'vitest'
import { toAuditEvent } from '../../../src/audit/event.ts'
import type { WireObject } from '../../../src/audit/wire.ts'
import { readSecret } from '../../../src/config/secret.ts'
import type { AuditEvent, Outcome } from '../../../src/contracts.ts'
import { messageOf } from '../../../src/errors.ts'
import {
  type ElasticsearchSinkConfig,
  elasticsearchSinkSchema,
} from '../../../src/sinks/elasticsearch/config.ts'
import { eventMapping } from '../../../src/sinks/elasticsearch/event-mapping.ts'
import { setUp } from '../../../src/sinks/elasticsearch/run-setup.ts'
import { createArchive } from '../../../src/sinks/table.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { createSinkWorld } from '../../sinks/world.ts'
import { ask, countOf } from '../../support/ask-elasticsearch.ts'
import { createBodyGenerator } from '../../support/generate.ts'
import { mappedFields } from '../../support/mapped-fields.ts'
import { listRecordings, readEvents } from '../../support/recordings.ts'

const server = inject('elasticsearch')
const address = server ?? ''
const namespace = `t${randomBytes(6).toString('hex')}`
const stream = `logs-kubernetes.audit_logs-${namespace}`

function eventOf(raw: WireObject): AuditEvent {
  return toAuditEvent(raw, { cluster: 'prod', receivedAtMs: Date.UTC(2026, 0, 1) })
}

function archiveConfig(options: object): ElasticsearchSinkConfig {
  return elasticsearchSinkSchema.parse({
    name: 'search',
    type: 'elasticsearch',
    nodes: [address],
    archiveEvents: true,
    ...options,
  })
}

async function write(events: readonly AuditEvent[]): Promise<string[]> {
  const config = archiveConfig({ namespace })
  const archive = createArchive(config, { ...createSinkWorld(), clock: systemClock })
  if (archive === undefined) throw new Error('it keeps no events')
  await archive.start()
  const outcomes = await archive.write(events, AbortSignal.timeout(60_000))
  await archive.stop(AbortSignal.timeout(5_000))
  return [...new Set(outcomes.map(wordOf))]
}

function wordOf(outcome: Outcome): string {
  return 'error' in outcome ? `${outcome.status} ${messageOf(outcome.error)}` : outcome.status
}

async function search(query: object): Promise<string[]> {
  const answer = (await ask(address, 'POST', `${stream}/_search`, {
    query,
    size: 100,
    _source: false,
  })) as {
    hits: { hits: { _id: string }[] }
  }
  return answer.hits.hits.map(({ _id }) => _id)
}

describe.skipIf(server === null)('events in Elasticsearch', () => {
  it('are in the data stream once each, however often they are written', async () => {
    const events = listRecordings('attacks', '.rr.jsonl')
      .slice(0, 6)
      .flatMap((name) => readEvents(`attacks/${name}`))
      .map((event) => eventOf(event))
    const ids = new Set(events.map(({ id }) => id))
    expect(ids.size).toBeGreaterThan(100)
    expect(await write(events)).toEqual(['delivered'])
    expect(await write(events)).toEqual(['delivered'])
    expect(await countOf(address, stream)).toBe(ids.size)
  })

  it('are taken when they are hostile, and change no mapping', async () => {
    const generate = createBodyGenerator({ seed: 11, hostile: 1 })
    const hostile = [0, 1].flatMap((number) =>
      generate(number).items.map(({ text }) => eventOf(JSON.parse(text) as WireObject)),
    )
    const odd = [
      { requestObject: { spec: 'text', rules: { verbs: [{}] }, roleRef: [[1]] } },
      {
        user: {
          username: { a: 1 },
          extra: { a: ['1'], 'a.b': ['2'], '': ['3'], '.': ['4'], ['\0']: ['5'] },
        },
      },
      { annotations: { '': 'x', '..': 'y', ['k'.repeat(40_000)]: 'z', long: 'v'.repeat(300_000) } },
      { requestURI: `/${'x'.repeat(300_000)}`, responseStatus: 'no', stageTimestamp: 'yesterday' },
      { requestObject: { metadata: { labels: { a: 'b'.repeat(100_000) } } }, objectRef: [] },
      { stageTimestamp: '2026-02-31T00:00:00Z', requestReceivedTimestamp: '2026-01-01t00:00:00z' },
      {
        stageTimestamp: '9999-12-31T99:99:99Z',
        requestReceivedTimestamp: '2026-01-01T00:00:00+99:99',
      },
    ].map((raw, number) => eventOf({ auditID: `odd-${number}`, ...raw }))
    expect(await write([...hostile, ...odd])).toEqual(['delivered'])
    const mapping = (await ask(address, 'GET', `${stream}/_mapping`)) as Record<
      string,
      { mappings: object }
    >
    const fields = mappedFields(Object.values(mapping)[0]!.mappings)
    expect([...fields].toSorted()).toEqual([...mappedFields(eventMapping)].toSorted())
  })

  it.each([
    ['for ever', {}, { enabled: true }],
    ['for some days', { retentionDays: 30 }, { enabled: true, data_retention: '30d' }],
  ])('are kept %s, as the configuration says', async (_, archive, lifecycle) => {
    const other = `t${randomBytes(6).toString('hex')}`
    const steps = await setUp(archiveConfig({ archive, namespace: other }), {
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

  it('are found by what the rules of Elastic ask for', async () => {
    const event = eventOf({
      auditID: 'found',
      level: 'RequestResponse',
      stage: 'ResponseComplete',
      verb: 'create',
      user: {
        username: 'mallory@example.com',
        groups: ['developers', 'system:authenticated'],
        extra: { 'authentication.kubernetes.io/pod-name': ['web-0'], 'example.com/team': ['blue'] },
      },
      objectRef: { resource: 'pods', namespace: 'shop' },
      requestObject: {
        spec: {
          hostPID: true,
          containers: [{ image: 'a/b:1' }],
          volumes: [{ hostPath: { path: '/etc' } }],
        },
        rules: [{ verbs: ['*'], resources: ['secrets'] }],
      },
      annotations: { 'authorization.k8s.io/decision': 'allow' },
    })
    expect(await write([event])).toEqual(['delivered'])
    await ask(address, 'POST', `${stream}/_refresh`)
    const audit = 'kubernetes.audit'
    for (const [field, value] of [
      ['data_stream.dataset', 'kubernetes.audit_logs'],
      [`${audit}.annotations.authorization_k8s_io/decision`, 'allow'],
      [`${audit}.requestObject.spec.hostPID`, true],
      [`${audit}.requestObject.spec.volumes.hostPath.path`, '/etc'],
      [`${audit}.requestObject.rules.resources`, 'secrets'],
      [`${audit}.user.groups.keyword`, 'developers'],
      [`${audit}.user.extra.authentication.kubernetes.io/pod-name`, 'web-0'],
      ['kubewitness.user.extra.example.com/team', 'blue'],
    ] as const)
      expect(
        await search({
          bool: { filter: [{ term: { [field]: value } }, { term: { 'event.id': event.id } }] },
        }),
        field,
      ).toEqual([event.id])
  })
})
