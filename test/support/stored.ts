import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** What `kubewitness log export` prints for the configuration in a folder, parsed. */
export async function exportTopic(folder: string, topic: string): Promise<unknown[]> {
  const { stdout } = await run(
    process.execPath,
    [main, 'log', 'export', '--config', join(folder, 'kubewitness.yml'), '--topic', topic],
    {
      maxBuffer: 4 * 2 ** 30,
      encoding: 'buffer',
    },
  )
  const records: unknown[] = []
  for (let start = 0; start < stdout.length; ) {
    const end = stdout.indexOf(10, start)
    records.push(JSON.parse(stdout.toString('utf8', start, end)))
    start = end + 1
  }
  return records
}
