import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { createBodyGenerator } from '../support/generate.ts'
import { createPoster } from '../support/post.ts'
import { startService } from '../support/service-process.ts'
import { exportTopic } from '../support/stored.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

// `node test/verify/full-disk.ts` (root, Linux): fills the disk under the running service, makes room again, and says what became of it.
await using folder = await createTemporaryFolder('disk')
const data = join(folder.path, 'data')
mkdirSync(data)
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', data])
try {
  writeFileSync(join(data, 'filler'), Buffer.alloc(12 << 20))
  const service = await startService({
    folder: folder.path,
    config: { logLevel: 'error', sinks: [] },
  })
  const post = createPoster({
    url: `https://127.0.0.1:${service.ports.webhook}/audit/default`,
    token: readFileSync(join(data, 'tokens', 'default'), 'utf8').trim(),
    ca: readFileSync(join(data, 'tls', 'ca.crt'), 'utf8'),
    protocol: 'h2',
  })
  const generate = createBodyGenerator({ seed: 3 })
  const acknowledged: string[] = []
  let number = 0
  const send = async (): Promise<string> => {
    const body = generate(number++)
    const { status, retryAfter } = await post.post(body.bytes, AbortSignal.timeout(30_000))
    if (status === 200) acknowledged.push(...body.items.map(({ auditID }) => auditID))
    return status === 200 ? '200' : `${status} Retry-After ${retryAfter}`
  }
  let answer = '200'
  while (answer === '200' && number < 5000) answer = await send()
  process.stdout.write(`full after ${number} bodies: ${answer}, then ${await send()}\n`)
  rmSync(join(data, 'filler'))
  const after = [await send(), await send(), await send()]
  process.stdout.write(`with room again: ${after.join(', ')}\n`)
  post.close()
  await service.stop()
  const stored = new Set(
    (await exportTopic(folder.path, 'events')).map(
      (event) => (event as { auditID: string }).auditID,
    ),
  )
  process.stdout.write(
    `acknowledged ${acknowledged.length} events, lost ${acknowledged.filter((id) => !stored.has(id)).length}\n`,
  )
} finally {
  execFileSync('umount', [data])
}
