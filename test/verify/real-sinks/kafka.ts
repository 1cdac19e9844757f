import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { generate } from 'selfsigned'
import { authorityFile, ownCertificate } from '../../../src/sources/webhook/own-certificate.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { makeAlert } from '../../sinks/make-alert.ts'
import { freePorts } from '../../support/free-port.ts'
import { kafka } from '../../support/kafka.ts'
import { startOwnServer } from '../../support/servers.ts'
import { createTemporaryFolder } from '../../support/temporary-folder.ts'
import { report, startRealSink, wordsOf } from './world.ts'

// `node test/verify/real-sinks/kafka.ts` (after `npm run test:servers`): the sink against a broker with TLS, client
// certificates and SASL, which is killed by signal 9 and started again under it. What was delivered must be in the topic.
await using folder = await createTemporaryFolder('kafka-sink')
const file = (name: string, text: string) => {
  writeFileSync(join(folder.path, name), text, { mode: 0o600 })
  return join(folder.path, name)
}
const clock = systemClock
const ours = await ownCertificate({ dataDirectory: folder.path, names: ['localhost'], clock })
const caFile = authorityFile(folder.path)
const keyStore = file('broker.pem', `${ours.key}\n${ours.cert}`)
const [control, mtls, sasl] = (await freePorts(3)) as [number, number, number]
const plainLogin = 'org.apache.kafka.common.security.plain.PlainLoginModule required'
const server = await startOwnServer(kafka, {
  listeners: `PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:${control},MTLS://127.0.0.1:${mtls},SASL://127.0.0.1:${sasl}`,
  'advertised.listeners': `PLAINTEXT://127.0.0.1:{port},MTLS://localhost:${mtls},SASL://localhost:${sasl}`,
  'controller.quorum.bootstrap.servers': `127.0.0.1:${control}`,
  'listener.security.protocol.map':
    'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,MTLS:SSL,SASL:SASL_SSL',
  'ssl.keystore.type': 'PEM',
  'ssl.keystore.location': keyStore,
  'ssl.truststore.type': 'PEM',
  'ssl.truststore.location': caFile,
  'listener.name.mtls.ssl.client.auth': 'required',
  'sasl.enabled.mechanisms': 'PLAIN',
  'listener.name.sasl.plain.sasl.jaas.config': `${plainLogin} user_kw="CANARY";`,
})
if (server === undefined) throw new Error('there is no Kafka')
try {
  const client = new kafkajs.Kafka({
    brokers: [server.address],
    logLevel: kafkajs.logLevel.NOTHING,
  })
  const admin = client.admin()
  await admin.createTopics({ topics: [{ topic: 'alerts', numPartitions: 3 }] })
  await admin.disconnect()
  const common = { type: 'kafka', topic: 'alerts', timeoutMs: 5_000 }
  const login = (password: string) => ({
    mechanism: 'plain',
    username: 'kw',
    passwordFile: file(`password-${password}`, password),
  })
  const overSasl = { ...common, brokers: [`localhost:${sasl}`], tls: { caFile } }
  const overMtls = { ...common, brokers: [`localhost:${mtls}`] }
  const authorityPem = (name: string) => readFileSync(join(folder.path, 'tls', name), 'utf8')
  const made = await generate([{ name: 'commonName', value: 'kw' }], {
    keyType: 'ec',
    ca: { cert: authorityPem('ca.crt'), key: authorityPem('ca.key') },
    extensions: [{ name: 'extKeyUsage', clientAuth: true }],
  })
  const pair = {
    certFile: file('client.crt', made.cert),
    keyFile: file('client.key', made.private),
  }
  const outcomeOf = async (config: object) => {
    const sink = await startRealSink({ ...config })
    const [outcome] = await sink.attempt([makeAlert({ id: 'probe' })])
    await sink.stop()
    return wordsOf(outcome!).replace(/;.*/, '')
  }
  const failed = 'retry: sink.unavailable: sending to sink real:'
  report('SASL over TLS', await outcomeOf({ ...overSasl, sasl: login('CANARY') }), 'delivered')
  report(
    'a wrong password',
    await outcomeOf({ ...overSasl, sasl: login('wrong') }),
    `${failed} not authenticated`,
  )
  report(
    'an authority that is not known',
    await outcomeOf({ ...overSasl, tls: {}, sasl: login('CANARY') }),
    `${failed} a certificate is not accepted`,
  )
  report(
    'a client certificate',
    await outcomeOf({ ...overMtls, tls: { caFile, ...pair } }),
    'delivered',
  )

  const sink = await startRealSink({ ...overSasl, sasl: login('CANARY') })
  const delivered: string[] = []
  let tries = 0
  const writing = (async () => {
    for (let i = 0; i < 100; i++) {
      const batch = Array.from({ length: 50 }, (_, n) => makeAlert({ id: `a${i}-${n}` }))
      for (;;) {
        tries++
        const outcomes = await sink.attempt(batch)
        if (outcomes.every(({ status }) => status === 'delivered')) break
        await wait(200)
      }
      delivered.push(...batch.map(({ id }) => id))
      await wait(50)
    }
  })()
  for (let kill = 0; kill < 3; kill++) {
    await wait(1_000)
    await server.kill9()
    await server.restart()
  }
  await writing
  await sink.stop()
  const stored: string[] = []
  const consumer = client.consumer({ groupId: 'verify' })
  await consumer.subscribe({ topic: 'alerts', fromBeginning: true })
  await consumer.run({ eachMessage: async ({ message }) => void stored.push(String(message.key)) })
  const isThere = () => delivered.every((id) => stored.includes(id))
  for (let i = 0; i < 100 && !isThere(); i++) await wait(200)
  await consumer.disconnect()
  const distinct = new Set(stored)
  report(
    'told as delivered, missing after 3 kills',
    [delivered.length, delivered.filter((id) => !distinct.has(id)).length],
    [5000, 0],
  )
  const again = stored.filter((id) => id !== 'probe').length - 5000
  process.stdout.write(`batches tried again: ${tries - 100}, alerts stored twice: ${again}\n`)
} finally {
  await server.stop()
}
