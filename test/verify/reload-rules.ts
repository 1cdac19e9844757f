import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as rest } from 'node:timers/promises'
import { benchSender } from '../bench/whole-path.ts'
import { createBodyGenerator } from '../support/generate.ts'
import { generateRuleFiles } from '../support/generated-rules.ts'
import { mainThreadCpuMs } from '../support/main-thread-cpu.ts'
import { builtScript, startService } from '../support/service-process.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

// `npm run build && node test/verify/reload-rules.ts [RULES]`: what a reload of so many rules costs under load. It begins
// with the signal, and ends when the new set evaluates. The first row of each kind is the same service left alone. What the main
// thread uses of a processor beyond its share then is all that the reload can hold it up by, on a machine that others use, too.
const count = Number(process.argv[2] ?? '3000')
const eventsPerSecond = 4000
await using folder = await createTemporaryFolder('reload')
const path = join(folder.path, 'rules')
mkdirSync(path)
const files = generateRuleFiles(count)
for (const { path: name, text } of files) writeFileSync(join(path, name.replace('/', '-')), text)
const service = await startService({
  folder: folder.path,
  script: builtScript,
  config: { rules: { builtin: false, paths: [path] }, sinks: [] },
  readyTimeoutMs: 60_000,
})
const stopping = new AbortController()
let acknowledgedMs: number[] = []
/** Of the main thread, by what it uses while it is left alone: milliseconds of CPU a body. */
let usualCpuMs = 0
const load = send()
await rest(3000)
for (const changed of [undefined, 0, 1, 30, 300, count, 0]) {
  await longestTurnMs() // Begins anew with every look.
  acknowledgedMs = []
  const cpuBeforeMs = mainThreadCpuMs(service.pid)
  const startedMs = performance.now()
  const found = changed === undefined ? await leaveAlone() : await reload(changed)
  const activeMs = performance.now() - startedMs
  await rest(1000) // What follows from it belongs to it.
  const slowest = Math.max(...acknowledgedMs)
  const cpuMs = mainThreadCpuMs(service.pid) - cpuBeforeMs
  if (changed === undefined) usualCpuMs = cpuMs / acknowledgedMs.length
  const moreCpuMs = cpuMs - usualCpuMs * acknowledgedMs.length
  process.stdout.write(
    `${found(activeMs).padEnd(72)} slowest acknowledgement ${slowest.toFixed(0).padStart(4)} ms, longest turn of the main thread ${(await longestTurnMs()).toFixed(0).padStart(4)} ms, its CPU beyond the usual ${moreCpuMs.toFixed(0).padStart(4)} ms\n`,
  )
}
stopping.abort()
await load
await service.stop()

async function leaveAlone(): Promise<(ms: number) => string> {
  await rest(8000)
  return () => `${count} rules, ${eventsPerSecond} events/s, no reload`
}

/** Spoils no rule: a comment is enough for a file to be another one. */
async function reload(changed: number): Promise<(ms: number) => string> {
  for (const { path: name, text } of files.slice(0, changed))
    writeFileSync(join(path, name.replace('/', '-')), `${text}# ${performance.now()}\n`)
  const what = `${changed} of ${count} files changed`
  const before = takeovers().length
  process.kill(service.pid, 'SIGHUP')
  while (takeovers().length === before) await rest(2)
  const { pauseMs } = takeovers().at(-1)!
  return (ms) => `${what}: active after ${ms.toFixed(0)} ms, matching paused ${pauseMs} ms`
}

/** What the service says of itself when new rules are in use. */
function takeovers(): { readonly pauseMs: number }[] {
  return service.stderrLines
    .filter((line) => line.includes('"Rules in use"'))
    .map((line) => JSON.parse(line) as { readonly pauseMs: number })
}

async function send(): Promise<void> {
  const generate = createBodyGenerator({ seed: 1, events: 100 })
  const sender = benchSender(service)
  const startedMs = performance.now()
  for (let number = 0; !stopping.signal.aborted; number++) {
    await rest(Math.max(0, startedMs + (number * 100_000) / eventsPerSecond - performance.now()))
    const result = await sender.send(generate(number).bytes, AbortSignal.timeout(30_000))
    if (result.outcome !== 'accepted')
      throw new Error(`not accepted: ${JSON.stringify(result.tries)}`)
    acknowledgedMs.push(result.ackMs)
  }
  sender.close()
}

/** Since the last look; ten milliseconds are the measure's own step. */
async function longestTurnMs(): Promise<number> {
  const text = await (await fetch(`${service.adminUrl}/metrics`)).text()
  return 1000 * Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text)?.[1])
}
