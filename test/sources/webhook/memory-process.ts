import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { webhookConfigSchema } from '../../../src/sources/webhook/config.ts'
import { createWebhookSource } from '../../../src/sources/webhook/source.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { silentLogger } from '../../../src/util/logger.ts'
import { createMetrics } from '../../../src/util/metrics.ts'

/*
 * A webhook source in a process of its own, whose memory can so be measured. Tells where it is once it listens, and
 * its peak memory in bytes whenever asked.
 */
const dataDirectory = await mkdtemp(join(tmpdir(), 'kw-memory-'))
const source = createWebhookSource({
  config: webhookConfigSchema.parse({ listen: '127.0.0.1:0' }),
  dataDirectory,
  consumer: { consume: async () => undefined },
  clock: systemClock,
  logger: silentLogger,
  metrics: createMetrics({ withProcessMetrics: false }),
  onAlarm: () => undefined,
})
await source.start()
process.on('message', () => process.send?.({ peakBytes: process.resourceUsage().maxRSS * 1024 }))
process.on('disconnect', () => process.exit(0))
process.send?.({ address: source.address, caFile: source.caFile, dataDirectory })
