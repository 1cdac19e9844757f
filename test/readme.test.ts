import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../src/config/load.ts'
import { listRecordings, recordingsFolder } from './support/recordings.ts'
import { runCommand } from './support/run-command.ts'
import { createTemporaryFolder } from './support/temporary-folder.ts'

const readme = readFileSync('README.md', 'utf8')
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Record<string, string>
}
const commands = [...readme.matchAll(/^npm run -s kubewitness -- (.+?)(?: {2,}#.*)?$/gm)].map(
  ([, line = '']) => line.trim(),
)

describe('the README', () => {
  it('names npm scripts that there are', () => {
    const scripts = [
      ...readme.matchAll(/npm (?:run (?:-s )?)?(start|test|demo|kubewitness|check|bench)\b/g),
    ].map(([, name = '']) => name)
    expect(scripts.filter((name) => manifest.scripts[name] === undefined)).toEqual([])
    expect(scripts).toEqual(expect.arrayContaining(['demo', 'test', 'start', 'kubewitness']))
  })

  it('shows a configuration that loads', () => {
    const yaml = /```yaml\n# kubewitness\.yml\n([^`]+)```/.exec(readme)?.[1] ?? ''
    expect(parseConfig(yaml, 'README.md', '/srv').sinks.map(({ type }) => type)).toEqual([
      'stdout',
      'slack',
      'elasticsearch',
    ])
  })

  it.each(commands.filter((line) => !line.startsWith('serve')))(
    '`kubewitness %s` runs',
    async (line) => {
      await using folder = await createTemporaryFolder('readme')
      const recording = `${recordingsFolder}/attacks/${listRecordings('attacks', '.rr.jsonl')[0]}.gz`
      const rbac = join(folder.path, 'rbac.yaml')
      writeFileSync(rbac, 'apiVersion: v1\nkind: List\nitems: []\n')
      const paths: Readonly<Record<string, string>> = {
        'audit.log': recording,
        'rules/': 'detections',
        'rbac.yaml': rbac,
      }
      const words = line
        .split(' ')
        .map((word) => paths[word.replace(/^(audit\.log).*/, '$1')] ?? word)
      const result = await runCommand(words, {
        folder: line.startsWith('log') ? folder.path : process.cwd(),
      })
      // A log export needs a store, and says so; everything else is done.
      if (line.startsWith('log')) expect(result.stderr).toMatch(/input\.unreadable/)
      else expect([0, 1]).toContain(result.code)
      expect(result.stderr).not.toContain('    at ')
    },
  )
})
