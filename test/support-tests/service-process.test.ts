import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as tick } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePorts } from '../support/free-port.ts'
import {
  type ServiceOptions,
  type ServiceProcess,
  startService,
} from '../support/service-process.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts'

const script = fileURLToPath(new URL('stand-in-process.ts', import.meta.url))
let folder: TemporaryFolder
let running: ServiceProcess[]

beforeEach(async () => {
  folder = await createTemporaryFolder()
  running = []
})

afterEach(async () => {
  for (const service of running) await service.kill9()
  await folder.remove()
})

async function start(options: Partial<ServiceOptions> = {}): Promise<ServiceProcess> {
  const service = await startService({ folder: folder.path, script, ...options })
  running.push(service)
  return service
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error('it never happened')
    await tick()
  }
}

describe('the service as a child process', () => {
  it('starts with the configuration, is waited for, and shows its lines', async () => {
    const service = await start({ config: { logLevel: 'debug', webhook: { maxBodyBytes: 7 } } })
    await until(() => service.stdoutLines.length === 2 && service.stderrLines.length === 1)
    expect(service.stdoutLines[0]).toBe('serve --config')
    expect(JSON.parse(service.stdoutLines[1]!)).toEqual({
      dataDirectory: join(folder.path, 'data'),
      logLevel: 'debug',
      webhook: { listen: `127.0.0.1:${service.ports.webhook}`, maxBodyBytes: 7 },
      admin: { listen: `127.0.0.1:${service.ports.admin}` },
    })
    expect(service.stderrLines).toEqual(['listening'])
    expect(service.ports.webhook).not.toBe(service.ports.admin)
    expect(service.readyMs).toBeGreaterThan(0)
  })

  it('stops at SIGTERM', async () => {
    const service = await start()
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    expect(service.stdoutLines.at(-1)).toBe('stopping')
    expect(existsSync(`/proc/${service.pid}`)).toBe(false)
  })

  it('dies at signal 9, and starts again on the same folder and ports', async () => {
    const first = await start()
    expect(await first.kill9()).toEqual({ code: null, signal: 'SIGKILL' })
    const second = await start({ ports: first.ports })
    expect(second.ports).toEqual(first.ports)
    expect(second.pid).not.toBe(first.pid)
  })

  it('is killed, and that is an error, when it ignores SIGTERM', async () => {
    const service = await start({ config: { behaviour: 'ignores SIGTERM' } })
    await expect(service.stop(100)).rejects.toThrow('still there 100 ms after SIGTERM')
    expect(await service.exit).toEqual({ code: null, signal: 'SIGKILL' })
  })

  it('rejects with its last words when it ends before it is ready', async () => {
    await expect(start({ config: { behaviour: 'refuses' } })).rejects.toThrow(
      'the service did not get ready: config.invalid: checking the configuration; mend it',
    )
  })

  it('rejects and kills it when it does not get ready in time', async () => {
    const starting = start({ config: { behaviour: 'never ready' }, readyTimeoutMs: 700 })
    await expect(starting).rejects.toThrow('the service did not get ready')
  })

  it('measures memory and processor time of the process', async () => {
    const service = await start()
    const { residentBytes, peakResidentBytes } = service.memory()
    expect(residentBytes).toBeGreaterThan(20_000_000)
    expect(peakResidentBytes).toBeGreaterThanOrEqual(residentBytes)
    expect(service.cpuSeconds()).toBeGreaterThan(0)
    expect(service.cpuSeconds()).toBeLessThan(30)
  })

  it('runs behind a launcher, with Node arguments and environment, under its own pid', async () => {
    const service = await start({
      launcher: ['env', 'FROM_LAUNCHER=1'],
      nodeArguments: ['--max-old-space-size=64'],
      environment: { OWN: 'yes' },
    })
    const [command, ...args] = readFileSync(`/proc/${service.pid}/cmdline`, 'utf8').split('\0')
    expect(command).toBe(process.execPath)
    expect(args.slice(0, 7)).toEqual([
      '--max-semi-space-size=4',
      '--no-parallel-scavenge',
      '--no-incremental-marking',
      '--heap-growing-percent=50',
      '--max-inlined-bytecode-size-cumulative=460',
      '--max-old-space-size=64',
      script,
    ])
    const environment = readFileSync(`/proc/${service.pid}/environ`, 'utf8').split('\0')
    expect(environment).toEqual(expect.arrayContaining(['FROM_LAUNCHER=1', 'OWN=yes']))
  })
})

describe('free ports', () => {
  it('are as many as asked for and all different', async () => {
    const ports = await freePorts(20)
    expect(new Set(ports).size).toBe(20)
    expect(ports.every((port) => port > 1_023)).toBe(true)
  })
})

describe('a temporary folder', () => {
  it('is gone when its block ends', async () => {
    let path = ''
    {
      await using made = await createTemporaryFolder('gone')
      path = made.path
      expect(existsSync(path)).toBe(true)
    }
    expect(existsSync(path)).toBe(false)
  })
})
