import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'

export interface ChildOptions {
  /** What it is called in errors. */
  readonly name: string
  readonly command: readonly string[]
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  /** Drops root for this user and group, for servers that refuse to be root. No effect for anybody else. */
  readonly unprivilegedId?: number
  /** Resolves when it answers as it should; rejects when it does not yet. */
  readonly check: () => Promise<void>
  readonly readyTimeoutMs: number
}

/** A child process that answers. It ends with this process, however that ends. */
export interface Child {
  readonly pid: number
  /** Resolves when it is gone. */
  kill(signal: NodeJS.Signals): Promise<void>
}

const lastLines = 30

/** Starts a program and waits until it answers. Rejects with its last words when it ends before, or is late. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const [program, ...words] = [...wrapper(options.unprivilegedId), ...options.command]
  const child = spawn(program!, words, {
    cwd: options.folder,
    env: { PATH: process.env['PATH'] ?? '', ...options.environment },
    // Where no signal follows the parent's death, the end of this pipe does.
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const tail = keepTail(child)
  const gone = once(child, 'close').then(() => undefined)
  const ended = new AbortController()
  child.once('error', () => ended.abort())
  gone.then(
    () => ended.abort(),
    () => ended.abort(),
  )
  const end = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGKILL' && !hasDeathSignal()) child.stdin.end()
    else child.kill(signal)
  }
  const killWithParent = (): void => end('SIGKILL')
  process.once('exit', killWithParent)
  ended.signal.addEventListener('abort', () => process.off('exit', killWithParent))
  try {
    await untilReady(options, ended.signal)
  } catch (error) {
    end('SIGKILL')
    throw new Error(`${options.name} did not start:\n${tail().join('\n')}`, { cause: error })
  }
  return {
    pid: child.pid!, // It was spawned: it answers.
    kill: async (signal) => {
      end(signal)
      await gone
    },
  }
}

/** Asks again and again: a server does not say when it is ready. Rejects when it has ended, and with what it says last when it is late. */
export async function untilReady(
  options: Pick<ChildOptions, 'check' | 'readyTimeoutMs'>,
  ended?: AbortSignal,
): Promise<void> {
  const lateAtMs = performance.now() + options.readyTimeoutMs
  for (;;) {
    if (ended?.aborted) throw new Error('it has ended')
    try {
      await options.check()
      return
    } catch (error) {
      if (performance.now() > lateAtMs) throw error
    }
    await wait(50)
  }
}

/**
 * Ties a child to the life of this process, whose handlers do not run when it is killed: on Linux by the signal of the
 * parent's death, elsewhere by a shell that waits for the end of its standard input.
 */
function wrapper(unprivilegedId: number | undefined): readonly string[] {
  const drops = unprivilegedId !== undefined && isRoot()
  const identity = drops
    ? [`--reuid=${unprivilegedId}`, `--regid=${unprivilegedId}`, '--clear-groups']
    : []
  if (hasDeathSignal()) return ['setpriv', ...identity, '--pdeathsig', 'KILL']
  if (drops)
    throw new Error(
      'it may not run as root, and there is no setpriv; run the tests as another user',
    )
  return ['sh', '-c', '"$@" & p=$!; trap "kill $p; wait $p; exit" TERM; read _; kill -9 $p', 'sh']
}

function hasDeathSignal(): boolean {
  return process.platform === 'linux' && has('setpriv')
}

export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/** Whether there is a program of this name. */
export function has(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined
}

function keepTail(child: ChildProcess): () => readonly string[] {
  let lines: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      lines = [...lines, ...text.split('\n')].slice(-lastLines)
    })
  return () => lines
}
