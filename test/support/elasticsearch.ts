import { chownSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Agent, fetch } from 'undici'
import type { KeyPair } from './certificates.ts'
import { isRoot, startChild } from './child.ts'
import { fetchedFolder, javaHome } from './fetch.ts'
import { freePort, freePorts } from './free-port.ts'
import type { OwnServer, ServerKind, ServerSettings } from './servers.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

/** The full distribution of the version that pom.xml names. */
const image = 'docker.elastic.co/elasticsearch/elasticsearch:8.19.21'

/** Nobody: Elasticsearch refuses to be root. */
const unprivilegedId = 65_534

export const elasticsearchSettings: ServerSettings = {
  'cluster.name': 'kubewitness-test',
  'discovery.type': 'single-node',
  'xpack.security.enabled': 'false',
  // A developer's disk that is nearly full is no reason to refuse writes.
  'cluster.routing.allocation.disk.threshold_enabled': 'false',
}
const heap = '-Xms256m -Xmx256m'

export const elasticsearch: ServerKind = {
  name: 'Elasticsearch',
  variable: 'KUBEWITNESS_TEST_ELASTICSEARCH',
  artifacts: {
    name: 'elasticsearch',
    pomFile: fileURLToPath(new URL('./elasticsearch/pom.xml', import.meta.url)),
    // The plugin keeps the executable bits, which the jar tool would not.
    goals: (into) => ['dependency:unpack-dependencies', `-DoutputDirectory=${into}`],
  },
  check,
  startContainer,
  startChild: startFromFiles,
}

async function check(address: string, authorization?: string, ca?: string): Promise<void> {
  const dispatcher = new Agent(ca === undefined ? {} : { connect: { ca } })
  try {
    const response = await fetch(`${address}/_cluster/health?wait_for_status=yellow&timeout=5s`, {
      headers: authorization === undefined ? {} : { authorization },
      dispatcher,
    })
    await response.arrayBuffer()
    if (response.status !== 200) throw new Error(`${address} answers ${response.status}`)
  } finally {
    await dispatcher.close()
  }
}

async function startContainer(settings: ServerSettings = {}): Promise<OwnServer> {
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import('testcontainers')
  const port = await freePort()
  const container = await new GenericContainer(image)
    .withExposedPorts({ container: 9200, host: port })
    .withEnvironment({ ...elasticsearchSettings, ...settings, ES_JAVA_OPTS: heap })
    .withWaitStrategy(Wait.forHttp('/_cluster/health?wait_for_status=yellow', 9200))
    .start()
  const address = `http://${container.getHost()}:${port}`
  const runtime = await getContainerRuntimeClient()
  const same = runtime.container.getById(container.getId())
  return {
    address,
    origin: 'container',
    stop: async () => void (await container.stop()),
    kill9: async () => void (await same.kill({ signal: 'SIGKILL' })),
    restart: async () => {
      await same.start()
      await untilAnswers(address)
    },
  }
}

async function untilAnswers(address: string): Promise<void> {
  const lateAtMs = performance.now() + 300_000
  while (
    !(await check(address).then(
      () => true,
      () => false,
    ))
  ) {
    if (performance.now() > lateAtMs) throw new Error(`${address} does not come back`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** A user of the server's own files, with one role of the same name. */
export interface FileUser {
  readonly name: string
  readonly password: string
  readonly role: object
}

/** A server that asks who somebody is, at `https://127.0.0.1`. The first user needs the cluster privilege `monitor`. Undefined where the vendor's files are not fetched. */
export async function startSecured(
  users: readonly FileUser[],
  /** Its certificate, and that of its authority behind it. */
  chain: KeyPair,
): Promise<OwnServer | undefined> {
  const files = fetchedFolder(elasticsearch.artifacts)
  const java = files === undefined ? undefined : await javaHome()
  if (files === undefined || java === undefined) return undefined
  return startFromFiles(files, java, { 'xpack.security.enabled': 'true' }, { users, chain })
}

export function basicAuthorization({ name, password }: FileUser): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
}

async function startFromFiles(
  files: string,
  javaHome: string,
  settings: ServerSettings = {},
  secured?: Secured,
): Promise<OwnServer> {
  const folder = await createTemporaryFolder('elasticsearch')
  const [httpPort, transportPort] = await freePorts(2)
  const address = `http${secured === undefined ? '' : 's'}://127.0.0.1:${httpPort}`
  await writeConfig(
    folder.path,
    {
      ...elasticsearchSettings,
      'network.host': '127.0.0.1',
      'http.port': String(httpPort),
      'transport.port': String(transportPort),
      'path.data': join(folder.path, 'data'),
      'path.logs': join(folder.path, 'logs'),
      ...settings,
      ...(secured && {
        'xpack.security.http.ssl.enabled': 'true',
        'xpack.security.http.ssl.key': 'http.key',
        'xpack.security.http.ssl.certificate': 'http.crt',
      }),
    },
    secured,
  )
  const first = secured?.users[0]
  const authorization = first && basicAuthorization(first)
  const home = join(files, (await readdir(files))[0]!)
  const pidFile = join(folder.path, 'tmp', 'pid')
  const start = () =>
    startChild({
      name: 'Elasticsearch',
      command: [join(home, 'bin', 'elasticsearch'), '-p', pidFile],
      folder: folder.path,
      environment: {
        ES_JAVA_HOME: javaHome,
        ES_PATH_CONF: join(folder.path, 'config'),
        ES_TMPDIR: join(folder.path, 'tmp'),
        ES_JAVA_OPTS: heap,
      },
      unprivilegedId,
      check: () => check(address, authorization, secured?.chain.cert),
      readyTimeoutMs: 300_000,
    })
  let launcher = await start()
  return {
    address,
    origin: 'child process',
    stop: async () => {
      await launcher.kill('SIGTERM')
      await folder.remove()
    },
    kill9: async () => {
      // The launcher is not the server, and ends with it.
      process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGKILL')
      await launcher.kill('SIGKILL')
    },
    restart: async () => {
      launcher = await start()
    },
  }
}

interface Secured {
  readonly users: readonly FileUser[]
  readonly chain: KeyPair
}

function userFiles(users: readonly FileUser[]): Readonly<Record<string, readonly string[]>> {
  return {
    // A password that is no hash is compared as it stands.
    users: users.map(({ name, password }) => `${name}:${password}`),
    users_roles: users.map(({ name }) => `${name}:${name}`),
    'roles.yml': users.map(({ name, role }) => `${name}: ${JSON.stringify(role)}`),
  }
}

async function writeConfig(
  folder: string,
  settings: ServerSettings,
  { users, chain }: Partial<Secured> = {},
): Promise<void> {
  for (const name of ['config', 'data', 'logs', 'tmp']) await mkdir(join(folder, name))
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${value}`)
  const files = {
    'elasticsearch.yml': lines,
    'jvm.options': [
      `-Djava.io.tmpdir=${join(folder, 'tmp')}`,
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
    ],
    'log4j2.properties': [
      'appender.console.type = Console',
      'appender.console.name = console',
      'appender.console.layout.type = PatternLayout',
      'appender.console.layout.pattern = %p %c %m%n',
      'rootLogger.level = warn',
      'rootLogger.appenderRef.console.ref = console',
    ],
    ...(users === undefined ? {} : userFiles(users)),
    ...(chain === undefined ? {} : { 'http.key': [chain.key], 'http.crt': [chain.cert] }),
  }
  for (const [name, text] of Object.entries(files))
    await writeFile(join(folder, 'config', name), `${text.join('\n')}\n`)
  if (isRoot())
    for (const name of [
      '',
      'config',
      'data',
      'logs',
      'tmp',
      ...Object.keys(files).map((file) => join('config', file)),
    ])
      chownSync(join(folder, name), unprivilegedId, unprivilegedId)
}
