import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { connect } from 'node:tls'
import { latencyText } from '../bench/figures.ts'
import { createBodyGenerator } from '../support/generate.ts'
import { createSender, type Sender } from '../support/sender.ts'
import { startService } from '../support/service-process.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

// `node test/verify/idle-connections.ts [CONNECTIONS]`: what idle connections and a 300 MB body do to an honest sender, and to
// memory. Service and senders are two processes, so that each has the limit of open files for itself.
const connections = Number(process.argv[2] ?? '10000')
await using folder = await createTemporaryFolder('idle')
const service = await startService({
  folder: folder.path,
  config: { logLevel: 'error', sinks: [] },
})
const token = readFileSync(join(folder.path, 'data', 'tokens', 'default'), 'utf8').trim()
const ca = readFileSync(join(folder.path, 'data', 'tls', 'ca.crt'), 'utf8')
const url = `https://127.0.0.1:${service.ports.webhook}/audit/default`
const generate = createBodyGenerator({ seed: 5 })
const honest = newSender()
await post(0, 20)
say('alone', await post(100, 200))
const sockets = await idle(connections)
await wait(2000)
say(`beside ${openOf(sockets)} idle connections, of ${connections} opened,`, await post(400, 200))
say('the same, each over a connection of its own', await postAnew(600, 50))
const hog = newSender()
const refused = hog.send(Buffer.alloc(300e6, 0x20), AbortSignal.timeout(60_000))
say('beside a sender of a 300 MB body', await post(700, 200))
process.stdout.write(
  `the 300 MB body: ${(await refused).tries.map(({ status, error }) => status ?? error).join(', ')}\n`,
)
process.stdout.write(`still open at the end: ${openOf(sockets)}\n`)
for (const socket of sockets) socket.destroy()
honest.close()
hog.close()
await service.stop()

function newSender(): Sender {
  return createSender({ url, token, ca, protocol: 'h2', random: Math.random, timeScale: 0.01 })
}

async function postAnew(first: number, count: number): Promise<number[]> {
  const latenciesMs: number[] = []
  for (let number = first; number < first + count; number++) {
    const sender = newSender()
    latenciesMs.push(...(await post(number, 1, sender)))
    sender.close()
  }
  return latenciesMs
}

async function post(first: number, count: number, sender = honest): Promise<number[]> {
  const latenciesMs: number[] = []
  for (let number = first; number < first + count; number++) {
    const { bytes } = generate(number)
    const startedMs = performance.now()
    const { outcome, tries } = await sender.send(bytes, AbortSignal.timeout(30_000))
    if (outcome !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(tries)}`)
    latenciesMs.push(performance.now() - startedMs)
  }
  return latenciesMs
}

async function idle(count: number): Promise<Socket[]> {
  const open: Socket[] = []
  for (let i = 0; i < count; i += 100) {
    const batch = Array.from({ length: 100 }, () =>
      connect({ port: service.ports.webhook, host: '127.0.0.1', ca, ALPNProtocols: ['h2'] }),
    )
    await Promise.all(
      batch.map(
        (socket) =>
          new Promise((resolve) => socket.once('secureConnect', resolve).once('error', resolve)),
      ),
    )
    // Without reading, a socket does not see that the other side has closed it.
    for (const socket of batch) socket.on('error', () => undefined).resume()
    open.push(...batch)
  }
  return open
}

function openOf(all: readonly Socket[]): number {
  return all.filter(({ destroyed, readyState }) => !destroyed && readyState === 'open').length
}

function say(what: string, latenciesMs: readonly number[]): void {
  const { residentBytes, peakResidentBytes } = service.memory()
  process.stdout.write(
    `${what}: acknowledgement ${latencyText(latenciesMs)}; memory ${(residentBytes / 2 ** 20).toFixed(0)} MiB, peak ${(peakResidentBytes / 2 ** 20).toFixed(0)} MiB\n`,
  )
}
