import { describe, expect, inject, it } from 'vitest'
import {
  elasticsearchReply,
  type ReceivedRequest,
  startScriptedServer,
} from '../../sinks/scripted-server.ts'
import { createBodyGenerator } from '../../support/generate.ts'
import { newPrefix } from '../../support/kafka-log.ts'
import { startApp } from '../../support/running-app.ts'
import { waitUntilRead } from '../../support/until-read.ts'

const broker = inject('kafka')

function createdIn({ body }: ReceivedRequest): string[] {
  return [...body.matchAll(/^\{"create":.*"_id":"([^"]+)"/gm)].map(([, id = '']) => id)
}

describe.skipIf(broker === null)('an archive over a log in Kafka', () => {
  it('is read by a thread of its own, and every event comes once', async () => {
    const elasticsearch = await startScriptedServer()
    elasticsearch.reply = ({ body }) => {
      const actions = body
        .trimEnd()
        .split('\n')
        .filter((_, line) => line % 2 === 0)
      return elasticsearchReply(200, { items: actions.map(() => ({ create: { status: 201 } })) })
    }
    try {
      await using service = await startApp({
        log: {
          type: 'kafka',
          brokers: [broker],
          prefix: newPrefix(),
          topics: { replicationFactor: 1, partitions: 2 },
        },
        sinks: [
          {
            name: 'search',
            type: 'elasticsearch',
            nodes: [elasticsearch.origin],
            setup: 'off',
            archiveEvents: true,
          },
        ],
      })
      const generate = createBodyGenerator({ seed: 5 })
      for (const number of [0, 1, 2]) await service.post(generate(number).bytes)
      await service.settle()
      await waitUntilRead(service, ['archive:search'])
      const ids = elasticsearch.requests.flatMap(createdIn)
      expect([ids.length, new Set(ids).size]).toEqual([1200, 1200])
      expect(service.said.filter(({ level }) => level === 'error')).toEqual([])
    } finally {
      await elasticsearch.close()
    }
  }, 240_000)
})
