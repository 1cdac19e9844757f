import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { freePorts } from './free-port.ts'

export interface ServicePorts {
  readonly webhook: number
  readonly admin: number
}

export interface ServiceOptions {
  /** Holds `kubewitness.yml` and `data`. Give the same folder and ports to start again on what is there. */
  readonly folder: string
  readonly ports?: ServicePorts
  /** Sections of the configuration, laid over data directory and addresses. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Default `src/main.ts`. It gets `serve --config FILE`. */
  readonly script?: string
  /** Roles of the process (`serve --roles`); absent: all. */
  readonly roles?: string
  readonly nodeArguments?: readonly string[]
  /** Words before the command, for example `['taskset', '-c', '1']`; they must end in `exec`, so that the pid is the service's. */
  readonly launcher?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly readyTimeoutMs?: number
}

export interface ServiceProcess {
  readonly pid: number
  readonly folder: string
  readonly ports: ServicePorts
  readonly adminUrl: string
  /** From the start of the process to the first 200 of /readyz. */
  readonly readyMs: number
  /** What it printed, line by line; past 200,000 the oldest go. */
  readonly stdoutLines: readonly string[]
  readonly stderrLines: readonly string[]
  readonly exit: Promise<ServiceExit>
  /** Nobody reads its standard output any more. */
  closeStdout(): void
  /** Signal 9. Resolves when the process is gone. */
  kill9(): Promise<ServiceExit>
  /** SIGTERM, then waits; signal 9 and a rejection when it is still there after `timeoutMs` (default 20 s). */
  stop(timeoutMs?: number): Promise<ServiceExit>
  /** Resident memory now and at its highest, in bytes. */
  memory(): { readonly residentBytes: number; readonly peakResidentBytes: number }
  /** User and system time of all its threads, in seconds. */
  cpuSeconds(): number
}

export interface ServiceExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const maxLines = 200_000
/** `USER_HZ`: 100 on every Linux. */
const ticksPerSecond = 100

/** Starts the product as a child process and waits until /readyz answers 200. Rejects with its last words if it ends before. Linux only. */
export async function startService(options: ServiceOptions): Promise<ServiceProcess> {
  const ports = options.ports ?? (await choosePorts())
  const configFile = await writeConfig(options, ports)
  const startedMs = performance.now()
  const child = launch(options, configFile)
  const exit = new Promise<ServiceExit>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal }))
  })
  const stdoutLines = collectLines(child.stdout)
  const stderrLines = collectLines(child.stderr)
  const adminUrl = `http://127.0.0.1:${ports.admin}`
  const kill9 = () => {
    child.kill('SIGKILL')
    return exit
  }
  try {
    await waitUntilReady(adminUrl, exit, options.readyTimeoutMs ?? 20_000)
  } catch (error) {
    await kill9().catch(() => undefined)
    throw new Error(`the service did not get ready: ${stderrLines.slice(-20).join('\n')}`, {
      cause: error,
    })
  }
  return {
    // A child that was spawned has a pid, and this one has answered.
    pid: child.pid!,
    folder: options.folder,
    ports,
    adminUrl,
    readyMs: performance.now() - startedMs,
    stdoutLines,
    stderrLines,
    exit,
    closeStdout: () => child.stdout.destroy(),
    kill9,
    stop: (timeoutMs = 20_000) => stop(child, exit, timeoutMs),
    memory: () => readMemory(child.pid!),
    cpuSeconds: () => readCpuSeconds(child.pid!),
  }
}

/** What `npm start` runs: the emitted program, without the memory that stripping types takes. `npm run build` makes it. */
export const builtScript = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** Two free ports of 127.0.0.1. */
export async function choosePorts(): Promise<ServicePorts> {
  const [webhook, admin] = await freePorts(2)
  return { webhook: webhook!, admin: admin! }
}

async function writeConfig(options: ServiceOptions, ports: ServicePorts): Promise<string> {
  const section = (name: string) => {
    const given = options.config?.[name]
    return typeof given === 'object' ? given : {}
  }
  const config = {
    dataDirectory: join(options.folder, 'data'),
    ...options.config,
    webhook: { listen: `127.0.0.1:${ports.webhook}`, ...section('webhook') },
    admin: { listen: `127.0.0.1:${ports.admin}`, ...section('admin') },
  }
  const file = join(options.folder, 'kubewitness.yml')
  await mkdir(options.folder, { recursive: true })
  await writeFile(file, stringify(config))
  return file
}

function launch(options: ServiceOptions, configFile: string) {
  const script = options.script ?? fileURLToPath(new URL('../../src/main.ts', import.meta.url))
  const words = [
    ...(options.launcher ?? []),
    process.execPath,
    ...nodeFlags(),
    ...(options.nodeArguments ?? []),
    script,
    'serve',
    '--config',
    configFile,
    ...(options.roles === undefined ? [] : ['--roles', options.roles]),
  ]
  const { PATH = '', HOME = '', TMPDIR = '/tmp' } = process.env
  const child = spawn(words[0]!, words.slice(1), {
    cwd: options.folder,
    env: { PATH, HOME, TMPDIR, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // Whoever starts it owns it: it does not outlive the test run, however that ends.
  const killWithParent = () => child.kill('SIGKILL')
  process.once('exit', killWithParent)
  child.once('close', () => process.off('exit', killWithParent))
  return child
}

/** The flags that `npm start` gives to Node. */
function nodeFlags(): string[] {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  // Our own file.
  const { scripts } = JSON.parse(manifest) as { scripts: { start: string } }
  return scripts.start.split(' ').filter((word) => word.startsWith('--'))
}

function collectLines(stream: NodeJS.ReadableStream): string[] {
  const lines: string[] = []
  createInterface({ input: stream }).on('line', (line) => {
    lines.push(line)
    if (lines.length > maxLines) lines.shift()
  })
  return lines
}

async function waitUntilReady(
  adminUrl: string,
  exit: Promise<ServiceExit>,
  timeoutMs: number,
): Promise<void> {
  const deadline = AbortSignal.timeout(timeoutMs)
  const ended = exit.then(({ code, signal }): never => {
    throw new Error(`it ended with ${code === null ? signal : `code ${code}`}`)
  })
  const answered = async () => {
    while (!(await isReady(adminUrl, deadline))) await wait(25, undefined, { signal: deadline })
  }
  await Promise.race([answered(), ended])
  // From here on its end is no error of the start.
  ended.catch(() => undefined)
}

async function isReady(adminUrl: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(`${adminUrl}/readyz`, { signal })
    await response.arrayBuffer()
    return response.status === 200
  } catch (error) {
    if (signal.aborted) throw error
    return false
  }
}

async function stop(
  child: ChildProcess,
  exit: Promise<ServiceExit>,
  timeoutMs: number,
): Promise<ServiceExit> {
  child.kill('SIGTERM')
  const giveUp = new AbortController()
  const late = wait(timeoutMs, 'late' as const, { signal: giveUp.signal }).catch(
    () => 'late' as const,
  )
  try {
    const first = await Promise.race([exit, late])
    if (first !== 'late') return first
    child.kill('SIGKILL')
    await exit
    throw new Error(`the service was still there ${timeoutMs} ms after SIGTERM`)
  } finally {
    giveUp.abort()
  }
}

function readMemory(pid: number): { residentBytes: number; peakResidentBytes: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? Number.NaN) * 1024
  return { residentBytes: bytes('VmRSS'), peakResidentBytes: bytes('VmHWM') }
}

/** proc(5): utime and stime are fields 14 and 15; field 2 may hold spaces, so counting begins behind its bracket. */
function readCpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}
