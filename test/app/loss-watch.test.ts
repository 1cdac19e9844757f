import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Alarm } from '../../src/app/alarms.ts'
import { createLossWatch, type LossWatch } from '../../src/app/loss-watch.ts'
import { silentLogger } from '../../src/util/logger.ts'
import { createMetrics } from '../../src/util/metrics.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

/** Stands for the API server's `/metrics` alone: says what it is told to. */
async function serveCounters() {
  const said = { events: 0, errors: 0, asked: 0 }
  const server = createServer((_request, response) => {
    said.asked += 1
    response.end(
      `apiserver_audit_event_total ${said.events}\napiserver_audit_error_total{plugin="webhook"} ${said.errors}\n`,
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    said,
    url: `http://127.0.0.1:${port}/metrics`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

describe('the loss watch', () => {
  it('tells what an API server lost, also while nobody watched', async () => {
    await using folder = await createTemporaryFolder('loss')
    await using apiServer = await serveCounters()
    const clock = createFakeClock()
    const metrics = createMetrics({ withProcessMetrics: false })
    const raised: Alarm[] = []
    const open = async (): Promise<LossWatch> => {
      const watch = createLossWatch({
        apiServers: [{ cluster: 'prod', metricsUrls: [apiServer.url], everySeconds: 60 }],
        clusters: ['prod'],
        dataDirectory: folder.path,
        clock,
        logger: silentLogger,
        metrics,
        raise: (alarm) => raised.push(alarm),
      })
      await watch.start()
      return watch
    }
    const { said } = apiServer
    const lost = () =>
      raised.map(({ code, cluster, message }) => [code, cluster, /\d+ audit/.exec(message)?.[0]])

    const first = await open()
    await expect.poll(() => clock.sleepers).toBe(1)
    said.events = 600
    said.errors = 156
    first.received('prod', 444)
    await clock.advance(60_000)
    await expect.poll(lost).toEqual([['events_lost', 'prod', '156 audit']])
    await expect.poll(() => clock.sleepers).toBe(1)
    await first.stop(AbortSignal.timeout(1000))

    said.errors += 4000
    said.events += 4000
    const second = await open()
    await expect.poll(lost).toEqual([
      ['events_lost', 'prod', '156 audit'],
      ['events_lost', 'prod', '4000 audit'],
    ])
    await expect.poll(() => clock.sleepers).toBe(1)
    await second.stop(AbortSignal.timeout(1000))
    const text = await metrics.text()
    expect(text).toContain('kubewitness_apiserver_events_lost_total{cluster="prod"} 4156')
    expect(text).toContain('kubewitness_apiserver_events_missing{cluster="prod"} 0')
    expect(text).toContain(
      `kubewitness_apiserver_scrapes_total{cluster="prod",outcome="done"} ${said.asked}`,
    )
  })

  it('begins anew when what it kept cannot be read, and refuses clusters that nobody sends for', async () => {
    await using folder = await createTemporaryFolder('loss')
    await using apiServer = await serveCounters()
    await writeFile(join(folder.path, 'apiserver-counters.json'), '{"version": 1, "acc')
    const clock = createFakeClock()
    const options = {
      dataDirectory: folder.path,
      clock,
      logger: silentLogger,
      metrics: createMetrics({ withProcessMetrics: false }),
      raise: () => undefined,
    }
    const apiServers = [{ cluster: 'prod', metricsUrls: [apiServer.url], everySeconds: 60 }]
    const watch = createLossWatch({ ...options, apiServers, clusters: ['prod'] })
    await watch.start()
    await expect.poll(() => clock.sleepers).toBe(1)
    await watch.stop(AbortSignal.timeout(1000))
    const refused = createLossWatch({ ...options, apiServers, clusters: ['other'] })
    await expect(refused.start()).rejects.toMatchObject({ code: 'config.invalid' })
  })
})
