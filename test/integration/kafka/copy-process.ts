import process from 'node:process'
import { systemClock } from '../../../src/util/clock.ts'
import { kafkaLog } from '../../support/kafka-log.ts'
import { copyEvents, copyTopics } from './copying.ts'

// Copies `events` to `copies` as the group `copy` until it is killed. Arguments: broker, prefix, partitions.
const [, , broker = '', prefix = '', partitions = '1'] = process.argv
const log = kafkaLog({
  broker,
  prefix,
  clock: systemClock,
  topics: copyTopics,
  partitions: { events: Number(partitions) },
})
await log.start()
process.stdout.write('started\n')
await copyEvents(log, new AbortController().signal)
