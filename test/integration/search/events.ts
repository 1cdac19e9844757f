import { randomBytes } from 'node:crypto'
import { describe, expect, inject, it } from 'vitest'
import { toAuditEvent } from '../../../src/audit/event.ts'
import type { WireObject } from '../../../src/audit/wire.ts'
import type { AuditEvent } from '../../../src/contracts.ts'
import { eventMapping } from '../../../src/sinks/elasticsearch/event-mapping.ts'
import {
  isSearchSink,
  productOf,
  type SearchSinkConfig,
} from '../../../src/sinks/elasticsearch/products.ts'
import { withFlattenedAs } from '../../../src/sinks/elasticsearch/shape.ts'
import { createArchive, sinkConfigSchema } from '../../../src/sinks/table.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { createSinkWorld } from '../../sinks/world.ts'
import { ask, countOf } from '../../support/ask-elasticsearch.ts'
import { createBodyGenerator } from '../../support/generate.ts'
import { mappedFields } from '../../support/mapped-fields.ts'
import { wordOf } from '../../support/outcome-word.ts'
import { listRecordings, readEvents } from '../../support/recordings.ts'
import type { TestedProduct } from '../../support/search-products.ts'

/** What has to hold of events, whichever product they go to. */
export function testEvents({ type, name }: TestedProduct): void {
  const server = inject(type)
  const address = server ?? ''
  const namespace = `t${randomBytes(6).toString('hex')}`
  const stream = `logs-kubernetes.audit_logs-${namespace}`

  function eventOf(raw: WireObject): AuditEvent {
    return toAuditEvent(raw, { cluster: 'prod', receivedAtMs: Date.UTC(2026, 0, 1) })
  }

  function archiveConfig(): SearchSinkConfig {
    const config = sinkConfigSchema.parse({
      name: 'search',
      type,
      nodes: [address],
      archiveEvents: true,
      namespace,
    })
    if (!isSearchSink(config)) throw new Error(`${type} is no such sink`)
    return config
  }

  async function write(events: readonly AuditEvent[]): Promise<string[]> {
    const archive = createArchive(archiveConfig(), { ...createSinkWorld(), clock: systemClock })
    if (archive === undefined) throw new Error('it keeps no events')
    await archive.start()
    const outcomes = await archive.write(events, AbortSignal.timeout(60_000))
    await archive.stop(AbortSignal.timeout(5_000))
    return [...new Set(outcomes.map(wordOf))]
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

  describe.skipIf(server === null)(`events in ${name}`, () => {
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
        {
          annotations: { '': 'x', '..': 'y', ['k'.repeat(40_000)]: 'z', long: 'v'.repeat(300_000) },
        },
        {
          requestURI: `/${'x'.repeat(300_000)}`,
          responseStatus: 'no',
          stageTimestamp: 'yesterday',
        },
        { requestObject: { metadata: { labels: { a: 'b'.repeat(100_000) } } }, objectRef: [] },
        {
          stageTimestamp: '2026-02-31T00:00:00Z',
          requestReceivedTimestamp: '2026-01-01t00:00:00z',
        },
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
      const flattened = productOf(archiveConfig()).dialect.flattened?.events
      expect([...fields].toSorted()).toEqual(
        [...mappedFields(withFlattenedAs(flattened, eventMapping))].toSorted(),
      )
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
          extra: {
            'authentication.kubernetes.io/pod-name': ['web-0'],
            'example.com/team': ['blue'],
          },
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
}
