import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { metadataWorkload } from '../bench/workload.ts'
import { itemsOf } from '../support/bodies.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

// `node test/verify/scan-large.ts [GIGABYTES]`: scans a file of that size and prints how long it took and how much memory.
const gigabytes = Number(process.argv[2] ?? '1')
await using folder = await createTemporaryFolder('scan')
const file = join(folder.path, 'audit.log')
const bytes = await writeLog(file, gigabytes * 1e9)
const child = spawn(process.execPath, ['src/main.ts', 'scan', file, '--output', 'json'], {
  stdio: ['ignore', 'ignore', 'pipe'],
})
let peakKb = 0
const sampler = setInterval(() => {
  peakKb = Math.max(peakKb, residentKb(child.pid))
}, 100)
const said: Buffer[] = []
child.stderr.on('data', (chunk: Buffer) => said.push(chunk))
const startedMs = performance.now()
const [code] = await once(child, 'close')
clearInterval(sampler)
const seconds = (performance.now() - startedMs) / 1000
process.stdout.write(Buffer.concat(said).toString('utf8'))
process.stdout.write(
  `${(bytes / 1e9).toFixed(2)} GB in ${seconds.toFixed(1)} s, ${(bytes / 1e6 / seconds).toFixed(0)} MB/s, peak memory ${(peakKb / 1024).toFixed(0)} MiB, exit code ${String(code)}\n`,
)

/** JSON lines as an API server's log backend writes them, each event with an audit id of its own. */
async function writeLog(path: string, wantedBytes: number): Promise<number> {
  const workload = metadataWorkload()
  const stream = createWriteStream(path)
  let written = 0
  for (let round = 1; written < wantedBytes; round++) {
    for (const body of workload.vary(round)) {
      const text = `${itemsOf(body)
        .map((item) => item.text)
        .join('\n')}\n`
      written += Buffer.byteLength(text)
      if (!stream.write(text)) await once(stream, 'drain')
      if (written >= wantedBytes) break
    }
  }
  stream.end()
  await once(stream, 'close')
  return written
}

function residentKb(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0 // It has just ended.
  }
}
