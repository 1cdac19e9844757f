import process from 'node:process'
import { type Artifacts, fetchedFolder, javaHome } from './fetch.ts'

/** A server that tests talk to. They share it: each takes names of its own there. */
export interface Server {
  /** As clients want it: a URL, or `host:port`. */
  readonly address: string
  readonly origin: 'environment' | 'container' | 'child process'
  stop(): Promise<void>
}

/** A server of one test alone, to be broken. */
export interface OwnServer extends Server {
  /** Signal 9. Resolves when it is gone. */
  kill9(): Promise<void>
  /** Starts it again after `kill9`, at the same address and on what it had stored. Resolves when it answers. */
  restart(): Promise<void>
}

export interface ServerKind {
  /** For people. */
  readonly name: string
  /** The environment variable that says where there is one already. */
  readonly variable: string
  /** Resolves when the server at the address answers as it should. */
  check(address: string): Promise<void>
  readonly artifacts: Artifacts
  /** In a container; what it needs of the container runtime is loaded here and not before. */
  startContainer(settings?: ServerSettings): Promise<OwnServer>
  /** From the fetched files, as a child process. */
  startChild(files: string, javaHome: string, settings?: ServerSettings): Promise<OwnServer>
}

/** Lines of the server's own configuration, over those that the suite gives it: for tests that need a small or a slow one. */
export type ServerSettings = Readonly<Record<string, string>>

/**
 * The server that the environment names, which then has to answer; else a container, else a child process, as far as the
 * machine has what that takes. Undefined when it has nothing; in CI that is an error.
 */
export async function findServer(kind: ServerKind): Promise<Server | undefined> {
  const address = process.env[kind.variable]
  if (address !== undefined) {
    await kind.check(address)
    return { address, origin: 'environment', stop: async () => undefined }
  }
  return startOwnServer(kind)
}

/** A server of the caller's own, whatever the environment names. Undefined when the machine cannot have one; in CI that is an error. */
export async function startOwnServer(
  kind: ServerKind,
  settings: ServerSettings = {},
): Promise<OwnServer | undefined> {
  if (await hasContainers()) {
    try {
      return await kind.startContainer(settings)
    } catch (error) {
      process.stderr.write(`${kind.name} does not start in a container: ${String(error)}\n`)
    }
  }
  const files = fetchedFolder(kind.artifacts)
  const java = files === undefined ? undefined : await javaHome()
  if (files !== undefined && java !== undefined) return kind.startChild(files, java, settings)
  const advice = `name one in ${kind.variable}, start Docker, or have Java 17 and Maven and run \`npm run test:servers\``
  if (process.env['CI'] === 'true') throw new Error(`there is no ${kind.name}: ${advice}`)
  process.stderr.write(`tests with ${kind.name} are skipped: ${advice}\n`)
  return undefined
}

/** Whether a container runtime answers. One that is not there says so at once, one that hangs is not waited for. */
async function hasContainers(): Promise<boolean> {
  const { getContainerRuntimeClient } = await import('testcontainers')
  const late = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => late.resolve(false), 3000)
  const asked = getContainerRuntimeClient().then(
    () => true,
    () => false,
  )
  const answer = await Promise.race([asked, late.promise])
  clearTimeout(timer)
  return answer
}

/** The set-up of a vitest project whose tests share one server; `inject(key)` is its address, or null. */
export function sharedServer(
  kind: ServerKind,
  key: keyof ProvidedServers,
): {
  readonly setup: (project: {
    provide: (key: keyof ProvidedServers, address: string | null) => void
  }) => Promise<void>
  readonly teardown: () => Promise<void>
} {
  let server: Server | undefined
  return {
    setup: async (project) => {
      server = await findServer(kind)
      project.provide(key, server?.address ?? null)
    },
    teardown: async () => server?.stop(),
  }
}

/** Addresses of the shared servers, by what `inject` calls them. */
export interface ProvidedServers {
  readonly elasticsearch: string | null
  readonly opensearch: string | null
  readonly kafka: string | null
}

declare module 'vitest' {
  interface ProvidedContext extends ProvidedServers {}
}
