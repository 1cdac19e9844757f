import { describe, inject } from 'vitest'
import { logContract } from '../../contract/log.ts'
import { durableLogContract } from '../../contract/log-durable.ts'
import { durableLogStateContract, logStateContract } from '../../contract/log-state.ts'
import { makeKafkaLog } from '../../support/kafka-log.ts'

const broker = inject('kafka')

describe.skipIf(broker === null)('on a real broker', () => {
  const makeLog = makeKafkaLog(broker ?? '')
  logContract('in Kafka', makeLog)
  logStateContract('in Kafka', makeLog)
  durableLogContract('in Kafka', makeLog)
  durableLogStateContract('in Kafka', makeLog)
})
