import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { gunzipSync } from 'node:zlib'
import type { Alert } from '../../../src/contracts.ts'
import { makeAlert } from '../../sinks/make-alert.ts'
import { startChild } from '../../support/child.ts'
import { freePort } from '../../support/free-port.ts'
import { createTemporaryFolder } from '../../support/temporary-folder.ts'
import { report, startRealSink, wordsOf } from './world.ts'

// `VERSITYGW=/path/to/versitygw node test/verify/real-sinks/s3.ts`: the sink against a server that checks signatures and
// keeps objects as files. `go install github.com/versity/versitygw/cmd/versitygw@latest` makes one.
const program = process.env['VERSITYGW']
if (program === undefined) throw new Error('set VERSITYGW to the program')
await using folder = await createTemporaryFolder('s3')
const bucket = join(folder.path, 'store', 'alerts')
mkdirSync(bucket, { recursive: true })
const secret = (name: string, text: string) => {
  const path = join(folder.path, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}
const port = await freePort()
const server = await startChild({
  name: 'versitygw',
  command: [program, '--port', `127.0.0.1:${port}`, 'posix', join(folder.path, 'store')],
  folder: folder.path,
  environment: { ROOT_ACCESS_KEY: 'kubewitness', ROOT_SECRET_KEY: 'CANARY-secret' },
  check: async () => void (await fetch(`http://127.0.0.1:${port}/`)),
  readyTimeoutMs: 20_000,
})
const config = {
  type: 's3',
  bucket: 'alerts',
  endpoint: `http://127.0.0.1:${port}`,
  accessKeyIdFile: secret('id', 'kubewitness'),
  secretAccessKeyFile: secret('key', 'CANARY-secret'),
}
const objects = () =>
  readdirSync(bucket, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
const alertsThere = () =>
  objects().flatMap((path) =>
    gunzipSync(readFileSync(path))
      .toString('utf8')
      .trimEnd()
      .split('\n')
      .map((line): Alert => JSON.parse(line)),
  )
const batch = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => makeAlert({ id: `a${from + i}`, actor: `ünï "${i}"` }))
try {
  const sink = await startRealSink(config)
  for (let from = 0; from < 10_000; from += 1_000) await sink.write(batch(from, 1_000))
  report(
    'objects, alerts, distinct',
    [objects().length, alertsThere().length, new Set(alertsThere().map(({ id }) => id)).size],
    [10, 10_000, 10_000],
  )
  await sink.write(batch(9_000, 1_000))
  await sink.write(batch(9_000, 1_500))
  report(
    'after a repeat, and one with more',
    [objects().length, alertsThere().length],
    [10, 10_500],
  )
  const refusedBy = async (changes: object) => {
    const other = await startRealSink({ ...config, ...changes })
    const [outcome] = await other.attempt(batch(0, 1))
    return wordsOf(outcome!).replace(/;.*/, '')
  }
  const answered = 'retry: sink.unavailable: putting an object for sink real: answered'
  report(
    'another secret',
    await refusedBy({ secretAccessKeyFile: secret('wrong', 'wrong') }),
    `${answered} 403 SignatureDoesNotMatch`,
  )
  report('another bucket', await refusedBy({ bucket: 'nothing' }), `${answered} 404 NoSuchBucket`)
  report(
    'another region',
    await refusedBy({ region: 'eu-central-1' }),
    `${answered} 400 AuthorizationHeaderMalformed`,
  )
} finally {
  await server.kill('SIGKILL')
}
