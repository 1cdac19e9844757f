import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { cpuUs, print } from './figures.ts'
import { type LinesWorkload, metadataLines, onOtherDays } from './scan-workload.ts'

const command = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** How often the recordings are in the long file, each time with days and audit ids of their own. */
const repeats = 12

/**
 * The command in a process of its own, as people start it, to the end of that process: what it costs to start, which is the same for
 * any file, and what an event costs then, while the compiler finds what is hot.
 */
export async function benchScanProcess(rounds: number): Promise<void> {
  const workload = metadataLines()
  await using folder = await createTemporaryFolder('bench-scan-process')
  const file = (name: string): string => join(folder.path, name)
  writeFileSync(file('one.log'), `${workload.lines[0]}\n`)
  writeFileSync(file('short.log'), workload.bytes)
  writeFileSync(file('long.log'), '')
  for (let number = repeats - 1; number >= 0; number--)
    appendFileSync(
      file('long.log'),
      onOtherDays(workload.bytes.toString('latin1'), 10 * number),
      'latin1',
    )

  const least = { one: Infinity, short: Infinity, long: Infinity, parse: Infinity }
  for (let round = 0; round < rounds; round++) {
    least.one = Math.min(least.one, await cpuOf([command, 'scan', file('one.log')]))
    least.short = Math.min(least.short, await cpuOf([command, 'scan', file('short.log')]))
    least.long = Math.min(least.long, await cpuOf([command, 'scan', file('long.log')]))
    least.parse = Math.min(least.parse, parseUs(workload))
  }
  const { length } = workload.lines
  const parseUsEach = least.parse / length
  const line = (what: string, events: number, us: number): void =>
    print(
      `  ${what.padEnd(38)}${(us / events).toFixed(2).padStart(6)} µs CPU an event, ratio ${(us / events / parseUsEach).toFixed(2)}; without start-up ${((us - least.one) / events).toFixed(2)}, ratio ${((us - least.one) / events / parseUsEach).toFixed(2)}`,
    )
  print(
    `\nThe command in a process of its own; it starts in ${(least.one / 1000).toFixed(0)} ms of CPU`,
  )
  print(
    `  JSON.parse                            ${parseUsEach.toFixed(2).padStart(6)} µs CPU an event`,
  )
  line(`${length} events`, length, least.short)
  line(`${length * repeats} events, ${repeats} times those`, length * repeats, least.long)
}

function parseUs({ lines }: LinesWorkload): number {
  const beforeUs = cpuUs()
  for (const line of lines) if (typeof JSON.parse(line) !== 'object') throw new Error('no event')
  return cpuUs() - beforeUs
}

/** Of all its threads, in microseconds; told by the process itself when it ends. */
async function cpuOf(args: readonly string[]): Promise<number> {
  const tell = `process.on('exit', () => { const { user, system } = process.cpuUsage(); require('fs').writeSync(3, String(user + system)) })`
  const preload = `data:text/javascript,import { createRequire } from 'node:module'; const require = createRequire('/'); ${tell}`
  const child = spawn(process.execPath, ['--import', preload, ...args], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const told = child.stdio[3]
  if (told === null || told === undefined || !('read' in told)) throw new Error('no pipe')
  const [us] = await Promise.all([text(told), once(child, 'close')])
  if (child.exitCode !== 0) throw new Error(`it ended with ${child.exitCode}`)
  return Number(us)
}
