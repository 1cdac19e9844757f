import { randomBytes } from 'node:crypto'
import { describe, expect, inject, it } from 'vitest'
import { countOf } from '../../support/ask-elasticsearch.ts'
import { createBodyGenerator } from '../../support/generate.ts'
import { startApp } from '../../support/running-app.ts'
import type { TestedProduct } from '../../support/search-products.ts'
import { waitUntilRead } from '../../support/until-read.ts'

export function testArchive({ type, name }: TestedProduct, logs: readonly string[]): void {
  const server = inject(type)
  const address = server ?? ''

  describe.skipIf(server === null)(`a service that archives events in ${name}`, () => {
    it.each(logs)(
      'brings every event and every alert there once, from a log in %s',
      async (log) => {
        const namespace = `t${randomBytes(6).toString('hex')}`
        await using service = await startApp({
          log: { type: log },
          sinks: [
            {
              name: 'search',
              type,
              nodes: [address],
              namespace,
              archiveEvents: true,
            },
          ],
        })
        const generate = createBodyGenerator({ seed: 5, hostile: 0.05 })
        for (const number of [0, 1, 2, 2]) await service.post(generate(number).bytes)
        await service.settle()
        await waitUntilRead(service, ['archive:search'])
        expect(await countOf(address, `logs-kubernetes.audit_logs-${namespace}`)).toBe(1200)
        const alerts = new Set((await service.alerts()).map(({ id }) => id))
        expect(alerts.size).toBeGreaterThan(0)
        expect(await countOf(address, `kubewitness-alerts-${namespace}`)).toBe(alerts.size)
        expect(service.said.filter(({ level }) => level === 'error' || level === 'warn')).toEqual(
          [],
        )
      },
    )
  })
}
