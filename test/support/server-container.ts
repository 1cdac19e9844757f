import { untilReady } from './child.ts'
import type { OwnServer } from './servers.ts'

export interface ServerContainerOptions {
  readonly image: string
  readonly port: { readonly container: number; readonly host: number }
  readonly environment: Readonly<Record<string, string>>
  /** As clients want it, of the host that the container runtime names. */
  readonly addressOn: (host: string) => string
  /** Resolves when the server at the address answers as it should. */
  readonly check: (address: string) => Promise<void>
  readonly readyTimeoutMs: number
}

/** Starts a server in a container; what it needs of the container runtime is loaded here and not before. */
export async function startServerContainer(options: ServerContainerOptions): Promise<OwnServer> {
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import('testcontainers')
  const container = await new GenericContainer(options.image)
    .withExposedPorts(options.port)
    .withEnvironment(options.environment)
    .withWaitStrategy(Wait.forListeningPorts().withStartupTimeout(options.readyTimeoutMs))
    .start()
  const address = options.addressOn(container.getHost())
  const answers = () =>
    untilReady({ check: () => options.check(address), readyTimeoutMs: options.readyTimeoutMs })
  const runtime = await getContainerRuntimeClient()
  const same = runtime.container.getById(container.getId())
  await answers()
  return {
    address,
    origin: 'container',
    stop: async () => void (await container.stop()),
    kill9: async () => void (await same.kill({ signal: 'SIGKILL' })),
    restart: async () => {
      await same.start()
      await answers()
    },
  }
}
