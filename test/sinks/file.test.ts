import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSink, sinkConfigSchema } from '../../src/sinks/table.ts'
import { makeAlert } from './make-alert.ts'
import { createSinkWorld } from './world.ts'

const never = new AbortController().signal

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubewitness-file-sink-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function makeSink(path: string) {
  return createSink(sinkConfigSchema.parse({ name: 'file', type: 'file', path }), createSinkWorld())
}

function idsIn(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { id: string }).id)
}

describe('the file sink', () => {
  it('appends one alert a line, readable by its owner only', async () => {
    const path = join(folder, 'alerts.jsonl')
    const sink = makeSink(path)
    await sink.start()
    await sink.write([makeAlert({ id: 'a' }), makeAlert({ id: 'b' })], never)
    await sink.write([makeAlert({ id: 'c' })], never)
    await sink.stop(never)
    expect(idsIn(path)).toEqual(['a', 'b', 'c'])
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(path, 'utf8').split('\n')[0]!)).toEqual(makeAlert({ id: 'a' }))
  })

  it('goes on in a new file when the old one was moved or deleted', async () => {
    const path = join(folder, 'alerts.jsonl')
    const sink = makeSink(path)
    await sink.start()
    await sink.write([makeAlert({ id: 'a' })], never)
    renameSync(path, `${path}.1`)
    await sink.write([makeAlert({ id: 'b' })], never)
    rmSync(path)
    await sink.write([makeAlert({ id: 'c' })], never)
    renameSync(path, `${path}.2`)
    writeFileSync(path, '')
    await sink.write([makeAlert({ id: 'd' })], never)
    await sink.stop(never)
    expect([idsIn(`${path}.1`), idsIn(`${path}.2`), idsIn(path)]).toEqual([['a'], ['c'], ['d']])
  })

  it('goes on at the start when the file was emptied under it', async () => {
    const path = join(folder, 'alerts.jsonl')
    const sink = makeSink(path)
    await sink.start()
    await sink.write([makeAlert({ id: 'a' })], never)
    writeFileSync(path, '')
    await sink.write([makeAlert({ id: 'b' })], never)
    await sink.stop(never)
    expect(idsIn(path)).toEqual(['b'])
  })

  it('ends a line that a crash has left open', async () => {
    const path = join(folder, 'alerts.jsonl')
    writeFileSync(path, '{"id":"whole"}\n{"id":"to')
    const sink = makeSink(path)
    await sink.start()
    await sink.write([makeAlert({ id: 'a' })], never)
    await sink.stop(never)
    const lines = readFileSync(path, 'utf8').split('\n')
    expect([lines[0], lines[1], lines[2]?.startsWith('{"schema"'), lines[3]]).toEqual([
      '{"id":"whole"}',
      '{"id":"to',
      true,
      '',
    ])
  })

  it('does not start without its folder, and says what to do', async () => {
    const path = join(folder, 'missing', 'alerts.jsonl')
    await expect(makeSink(path).start()).rejects.toMatchObject({
      code: 'sink.unavailable',
      next: `create the folder ${join(folder, 'missing')}`,
    })
    expect(existsSync(join(folder, 'missing'))).toBe(false)
  })

  it('asks for a repeat when the disk is full', async () => {
    // Every write to this device fails with ENOSPC.
    const path = join(folder, 'full')
    symlinkSync('/dev/full', path)
    const sink = makeSink(path)
    await sink.start()
    const outcomes = await sink.write([makeAlert()], never)
    await sink.stop(never)
    expect(outcomes).toMatchObject([
      { status: 'retry', error: { code: 'sink.unavailable', retryable: true } },
    ])
    expect(outcomes[0]).toHaveProperty('error.message', expect.stringContaining('ENOSPC'))
  })

  it('asks for a repeat while the path cannot be opened, and goes on after', async () => {
    const path = join(folder, 'alerts.jsonl')
    const sink = makeSink(path)
    await sink.start()
    rmSync(path)
    mkdirSync(path)
    expect(await sink.write([makeAlert({ id: 'a' })], never)).toMatchObject([{ status: 'retry' }])
    rmSync(path, { recursive: true })
    appendFileSync(path, '')
    expect(await sink.write([makeAlert({ id: 'a' })], never)).toEqual([{ status: 'delivered' }])
    await sink.stop(never)
    expect(idsIn(path)).toEqual(['a'])
  })
})
