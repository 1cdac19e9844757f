import { chownSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Agent, fetch } from 'undici'
import { isRoot, startChild } from './child.ts'
import { freePort, freePorts } from './free-port.ts'
import { startServerContainer } from './server-container.ts'
import type { OwnServer, ServerKind, ServerSettings } from './servers.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

/** What the distributions of Elasticsearch and OpenSearch, which began as one, differ in. */
export interface Distribution {
  readonly name: string
  /** Of the program, its configuration and the folder of its pom.xml. */
  readonly program: string
  /** Of the environment variables that the program reads. */
  readonly prefix: string
  readonly image: string
  readonly settings: ServerSettings
  /** What a container needs besides. */
  readonly containerEnvironment?: Readonly<Record<string, string>>
}

/** What both are given. */
export const commonSettings: ServerSettings = {
  'cluster.name': 'kubewitness-test',
  'discovery.type': 'single-node',
  // A developer's disk that is nearly full is no reason to refuse writes.
  'cluster.routing.allocation.disk.threshold_enabled': 'false',
}

/** For a server that asks who somebody is. */
export interface Secured {
  readonly settings: ServerSettings
  /** Files of the configuration, in lines. */
  readonly files: Readonly<Record<string, readonly string[]>>
  /** Somebody who may look at the health. */
  readonly authorization: string
  readonly ca: string
}

/** Nobody: both refuse to be root. */
const unprivilegedId = 65_534

const readyTimeoutMs = 300_000

const heap = '-Xms256m -Xmx256m'

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

/** How to have a server of this distribution. */
export function serverKind(distribution: Distribution): ServerKind {
  const { name, program } = distribution
  return {
    name,
    variable: `KUBEWITNESS_TEST_${program.toUpperCase()}`,
    artifacts: {
      name: program,
      pomFile: fileURLToPath(new URL(`./${program}/pom.xml`, import.meta.url)),
      // The plugin keeps the executable bits, which the jar tool would not.
      goals: (into) => ['dependency:unpack-dependencies', `-DoutputDirectory=${into}`],
    },
    check,
    startContainer: (settings) => startContainer(distribution, settings),
    startChild: (files, java, settings) => startFromFiles(distribution, files, java, settings),
  }
}

async function startContainer(
  distribution: Distribution,
  settings: ServerSettings = {},
): Promise<OwnServer> {
  const port = await freePort()
  return startServerContainer({
    image: distribution.image,
    port: { container: 9200, host: port },
    environment: {
      ...distribution.settings,
      ...settings,
      ...distribution.containerEnvironment,
      [`${distribution.prefix}_JAVA_OPTS`]: heap,
    },
    addressOn: (host) => `http://${host}:${port}`,
    check,
    readyTimeoutMs,
  })
}

export async function startFromFiles(
  distribution: Distribution,
  files: string,
  javaHome: string,
  settings: ServerSettings = {},
  secured?: Secured,
): Promise<OwnServer> {
  const folder = await createTemporaryFolder(distribution.program)
  const [httpPort, transportPort] = await freePorts(2)
  const address = `http${secured === undefined ? '' : 's'}://127.0.0.1:${httpPort}`
  const { program, prefix } = distribution
  await writeConfig(folder.path, `${program}.yml`, secured?.files ?? {}, {
    ...distribution.settings,
    'network.host': '127.0.0.1',
    'http.port': String(httpPort),
    'transport.port': String(transportPort),
    'path.data': join(folder.path, 'data'),
    'path.logs': join(folder.path, 'logs'),
    ...settings,
    ...secured?.settings,
  })
  const home = join(files, (await readdir(files))[0]!)
  const pidFile = join(folder.path, 'tmp', 'pid')
  const start = () =>
    startChild({
      name: distribution.name,
      command: [join(home, 'bin', program), '-p', pidFile],
      folder: folder.path,
      environment: {
        [`${prefix}_JAVA_HOME`]: javaHome,
        [`${prefix}_PATH_CONF`]: join(folder.path, 'config'),
        [`${prefix}_TMPDIR`]: join(folder.path, 'tmp'),
        [`${prefix}_JAVA_OPTS`]: heap,
      },
      unprivilegedId,
      check: () => check(address, secured?.authorization, secured?.ca),
      readyTimeoutMs,
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

async function writeConfig(
  folder: string,
  name: string,
  more: Secured['files'],
  settings: ServerSettings,
): Promise<void> {
  for (const part of ['config', 'data', 'logs', 'tmp']) await mkdir(join(folder, part))
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${value}`)
  const files = {
    [name]: lines,
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
    ...more,
  }
  for (const [file, text] of Object.entries(files))
    await writeFile(join(folder, 'config', file), `${text.join('\n')}\n`)
  if (isRoot())
    for (const part of [
      '',
      'config',
      'data',
      'logs',
      'tmp',
      ...Object.keys(files).map((file) => join('config', file)),
    ])
      chownSync(join(folder, part), unprivilegedId, unprivilegedId)
}
