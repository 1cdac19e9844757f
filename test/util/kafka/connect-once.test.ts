import { once } from 'node:events'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import kafkajs from 'kafkajs'
import { expect, it } from 'vitest'
import { connectOnce } from '../../../src/util/kafka/connect-once.ts'

const require = createRequire(import.meta.url)

it('a connection of kafkajs that several wait for opens one socket', async () => {
  const connectionClass = require('kafkajs/src/network/connection')
  connectOnce(connectionClass)
  let sockets = 0
  const server = createServer((socket) => {
    sockets += 1
    socket.on('error', () => undefined)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // The address of a server that listens on a port.
  const { port } = server.address() as AddressInfo
  const logger = new kafkajs.Kafka({
    brokers: ['x:1'],
    logLevel: kafkajs.logLevel.NOTHING,
  }).logger()
  const connection = new connectionClass({
    host: '127.0.0.1',
    port,
    logger,
    socketFactory: require('kafkajs/src/network/socketFactory')(),
    clientId: 'test',
    requestTimeout: 1000,
    connectionTimeout: 1000,
    enforceRequestTimeout: false,
    maxInFlightRequests: null,
  })
  await Promise.all([connection.connect(), connection.connect(), connection.connect()])
  await connection.disconnect()
  const closed = once(server, 'close')
  server.close()
  await closed // Does not come while a socket is open.
  expect(sockets).toBe(1)
})
