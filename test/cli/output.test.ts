import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { readRecording, recordingsFolder } from '../support/recordings.ts'
import { runCommand } from '../support/run-command.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const exec = join(recordingsFolder, 'attacks/exec-websocket.jsonl')
const rule = 'detections/execution/pod_exec.yml'
const only = ['--no-builtin-rules', '--rules', rule]
const policy = 'policy-templates/balanced.yml'

function jsonOf(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}

function yamlOf(text: string, version: '1.1' | '1.2'): unknown[] {
  return parseAllDocuments(text, { version }).map((document) => document.toJS() as unknown)
}

describe('--output yaml', () => {
  it.each([
    ['scan', exec, ...only],
    ['scan', '--matches', exec, ...only],
    ['rules', 'list'],
    ['rules', 'test', rule],
    ['rules', 'explain', rule, exec],
    ['rules', 'match', '--rules', rule, exec],
    ['rules', 'coverage', ...only],
    ['rules', 'coverage', '--policy', policy, ...only],
    ['policy', 'simulate', exec, '--policy', policy, ...only],
    [
      'policy',
      'explain',
      '--policy',
      policy,
      '{"user":"a","resourceAttributes":{"verb":"get","version":"v1","resource":"pods"}}',
    ],
  ])('gives the documents that --output json gives as lines: %s %s', async (...command) => {
    const json = await runCommand([...command.slice(0, 2), '--output', 'json', ...command.slice(2)])
    const yaml = await runCommand([...command.slice(0, 2), '--output', 'yaml', ...command.slice(2)])
    expect(jsonOf(json.stdout).length).toBeGreaterThan(0)
    expect(yamlOf(yaml.stdout, '1.2')).toEqual(jsonOf(json.stdout))
    expect(yamlOf(yaml.stdout, '1.1')).toEqual(jsonOf(json.stdout))
    expect({ ...yaml, stdout: '' }).toEqual({ ...json, stdout: '' })
  })

  it('keeps strings that another YAML would take for something else, and sends no control character; nor does json', async () => {
    await using folder = await createTemporaryFolder('output')
    const [line = ''] = readRecording('attacks/exec-websocket.jsonl').toString().split('\n')
    const userAgent = 'yes\u0085\u001b[31m\u009b1m\u2028\u202eend'
    const events = join(folder.path, 'events.jsonl')
    const every = join(folder.path, 'every.yml')
    writeFileSync(events, JSON.stringify({ ...(JSON.parse(line) as object), userAgent }))
    writeFileSync(
      every,
      'title: "On"\nlogsource: { product: kubernetes }\ndetection: { a: { verb: "*" }, condition: a }\n',
    )
    const scan = async (format: string) => {
      const command = ['scan', events, '--output', format, '--no-builtin-rules', '--rules', every]
      const { stdout } = await runCommand(command)
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/)
      return stdout
    }
    const alert = expect.objectContaining({
      userAgent,
      rule: expect.objectContaining({ title: 'On' }),
    })
    expect(yamlOf(await scan('yaml'), '1.1')).toEqual([alert])
    expect(jsonOf(await scan('json'))).toEqual([alert])
  })
})
