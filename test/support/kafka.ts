import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import kafkajs from 'kafkajs'
import { startChild } from './child.ts'
import { freePort, freePorts } from './free-port.ts'
import { startServerContainer } from './server-container.ts'
import type { OwnServer, ServerKind, ServerSettings } from './servers.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

const run = promisify(execFile)

/** The version that pom.xml names. */
const image = 'apache/kafka:4.3.1'

/** One node that is ready, notices the dead and compacts within seconds instead of minutes. */
export const kafkaSettings: ServerSettings = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.listener.names': 'CONTROLLER',
  'auto.create.topics.enable': 'false',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '2',
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '1000',
  // A broker that was killed is let in again sooner than after nine seconds; and one that gets no processor for a while stays in.
  'broker.session.timeout.ms': '6000',
  'broker.heartbeat.interval.ms': '200',
  // A quarter of the memory, and compaction without a wait.
  'log.cleaner.dedupe.buffer.size': '2097152',
  'log.cleaner.backoff.ms': '200',
}

export const kafka: ServerKind = {
  name: 'Kafka',
  variable: 'KUBEWITNESS_TEST_KAFKA',
  artifacts: {
    name: 'kafka',
    pomFile: fileURLToPath(new URL('./kafka/pom.xml', import.meta.url)),
    goals: (into) => [
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${into}`,
    ],
  },
  check,
  startContainer,
  startChild: startFromFiles,
}

/** Ready is who names a broker in an answer about the cluster. */
async function check(address: string): Promise<void> {
  const client = new kafkajs.Kafka({
    brokers: [address],
    retry: { retries: 0 },
    logLevel: kafkajs.logLevel.NOTHING,
  })
  const admin = client.admin()
  try {
    await admin.connect()
    const { brokers } = await admin.describeCluster()
    if (brokers.length === 0) throw new Error(`${address} names no broker`)
  } finally {
    await admin.disconnect()
  }
}

async function startContainer(settings: ServerSettings = {}): Promise<OwnServer> {
  const port = await freePort()
  const all: ServerSettings = {
    ...kafkaSettings,
    listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.quorum.voters': '1@localhost:9093',
    ...settings,
  }
  // The image takes a setting `a.b` from the variable `KAFKA_A_B`.
  const environment = Object.fromEntries(
    Object.entries(all).map(([name, value]) => [
      `KAFKA_${name.toUpperCase().replaceAll('.', '_')}`,
      value,
    ]),
  )
  return startServerContainer({
    image,
    port: { container: 9092, host: port },
    environment,
    addressOn: () => `127.0.0.1:${port}`,
    check,
    readyTimeoutMs: 60_000,
  })
}

async function startFromFiles(
  files: string,
  javaHome: string,
  settings: ServerSettings = {},
): Promise<OwnServer> {
  const folder = await createTemporaryFolder('kafka')
  const [port, controllerPort] = await freePorts(2)
  const address = `127.0.0.1:${port}`
  const propertiesFile = join(folder.path, 'server.properties')
  await mkdir(join(folder.path, 'data'))
  await writeFile(
    propertiesFile,
    toProperties({
      ...kafkaSettings,
      listeners: `PLAINTEXT://${address},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': `PLAINTEXT://${address}`,
      'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
      'log.dirs': join(folder.path, 'data'),
      ...withPort(settings, port!),
    }),
  )
  const java = join(javaHome, 'bin', 'java')
  const classPath = ['-cp', join(files, '*')]
  const format = ['kafka.tools.StorageTool', 'format', '--standalone', '-t', 'kubewitness-test']
  await run(java, [...classPath, ...format, '-c', propertiesFile])
  const start = () =>
    startChild({
      name: 'Kafka',
      command: [
        java,
        ...['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
        '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
        ...classPath,
        'kafka.Kafka',
        propertiesFile,
      ],
      folder: folder.path,
      environment: {},
      check: () => check(address),
      readyTimeoutMs: 60_000,
    })
  let broker = await start()
  return {
    address,
    origin: 'child process',
    stop: async () => {
      await broker.kill('SIGTERM')
      await folder.remove()
    },
    kill9: () => broker.kill('SIGKILL'),
    restart: async () => {
      broker = await start()
    },
  }
}

/** Settings may speak of the port of the server, which nobody knows before: `{port}`. */
function withPort(settings: ServerSettings, port: number): ServerSettings {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, value.replaceAll('{port}', `${port}`)]),
  )
}

function toProperties(settings: ServerSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}
