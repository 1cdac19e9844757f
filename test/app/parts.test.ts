import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startAll, stopAll } from '../../src/app/lifecycle.ts'
import { openRedactionKey } from '../../src/app/redaction-key.ts'
import { filesBelow, loadRules, readRuleFiles } from '../../src/app/rule-files.ts'
import type { Component } from '../../src/contracts.ts'
import { silentLogger } from '../../src/util/logger.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

describe('starting and stopping', () => {
  const component = (name: string, said: string[], fails = false): Component => ({
    name,
    start: async () => {
      said.push(`start ${name}`)
      if (fails) throw new Error(`${name} is broken`)
    },
    stop: async () => {
      said.push(`stop ${name}`)
      if (name === 'b') throw new Error('stuck')
    },
  })

  it('goes in order, and back in reverse, whatever one of them does', async () => {
    const said: string[] = []
    const all = ['a', 'b', 'c'].map((name) => component(name, said))
    await startAll(all, silentLogger)
    await stopAll(all, AbortSignal.timeout(1000), silentLogger)
    expect(said).toEqual(['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a'])
  })

  it('stops what had started when one fails', async () => {
    const said: string[] = []
    await expect(
      startAll(
        [component('a', said), component('x', said, true), component('c', said)],
        silentLogger,
      ),
    ).rejects.toThrow('x is broken')
    expect(said).toEqual(['start a', 'start x', 'stop x', 'stop a'])
  })
})

describe('the redaction key', () => {
  it('is made once, for this user alone, and refused when it is no key', async () => {
    await using folder = await createTemporaryFolder('key')
    const data = join(folder.path, 'data')
    const key = openRedactionKey({ dataDirectory: data })
    expect(Buffer.from(openRedactionKey({ dataDirectory: data }))).toEqual(Buffer.from(key))
    expect(key.length).toBe(32)
    expect(statSync(join(data, 'redaction.key')).mode & 0o777).toBe(0o600)
    chmodSync(join(data, 'redaction.key'), 0o600)
    writeFileSync(join(data, 'redaction.key'), 'short')
    expect(() => openRedactionKey({ dataDirectory: data })).toThrow(/is not a key of 32 bytes/)
  })

  it('is that of a file, which is not made', async () => {
    await using folder = await createTemporaryFolder('key')
    const dataDirectory = join(folder.path, 'data')
    const redactionKeyFile = join(folder.path, 'shared.key')
    const open = () => openRedactionKey({ dataDirectory, redactionKeyFile })
    expect(open).toThrow(/cannot read the key of redaction markers/)
    writeFileSync(redactionKeyFile, `${'0f'.repeat(32)}\n`)
    expect(Buffer.from(open())).toEqual(Buffer.alloc(32, 0x0f))
  })
})

describe('rule files', () => {
  it('are found in folders, without tests, base events and the mapping', async () => {
    await using folder = await createTemporaryFolder('rules')
    mkdirSync(join(folder.path, 'a', 'events'), { recursive: true })
    for (const name of [
      'a/one.yml',
      'a/one.test.yml',
      'a/events/base.yml',
      'mapping.yml',
      'two.yaml',
      'notes.txt',
    ])
      writeFileSync(join(folder.path, name), name)
    expect(readRuleFiles({ builtin: false, paths: [folder.path] }).map(({ text }) => text)).toEqual(
      ['a/one.yml', 'two.yaml'],
    )
    expect(filesBelow(join(folder.path, 'notes.txt'), () => false)).toEqual([
      join(folder.path, 'notes.txt'),
    ])
  })

  it('are refused as a whole when one is broken, with every problem', () => {
    const good = readFileSync('detections/execution/pod_exec.yml', 'utf8')
    const files = [
      { path: 'good.yml', text: good },
      { path: 'bad.yml', text: 'title: x' },
    ]
    expect(() => loadRules(files)).toThrow(/bad\.yml:1:\d+: error: /)
    expect(loadRules(files.slice(0, 1)).rules).toHaveLength(1)
  })

  it('take the values of placeholders from the configuration', () => {
    const text = [
      'title: x',
      'logsource: { product: kubernetes }',
      "detection: { s: { verb|expand: '%verbs%' }, condition: s }",
    ].join('\n')
    const files = [{ path: 'x.yml', text }]
    expect(() => loadRules(files)).toThrow(/x\.yml:3:\d+: error: .*%verbs%/)
    expect(loadRules(files, { placeholders: { verbs: ['get', 'list'] } }).rules).toHaveLength(1)
  })
})
