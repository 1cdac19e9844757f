import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { runCommandLine } from '../../src/cli/table.ts'
import { systemClock } from '../../src/util/clock.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const rule =
  'title: A\nlogsource: { product: kubernetes }\ndetection: { s: { verb: get }, condition: s }\n'

it('rules lint --watch runs again after a change, and ends with the code of the last run', async () => {
  await using folder = await createTemporaryFolder('watch')
  const file = join(folder.path, 'a.yml')
  writeFileSync(file, `${rule}level: grave\n`)
  const stopping = new AbortController()
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const waiting = prompts(stderr)
  const code = runCommandLine(['rules', 'lint', '--watch', '--output', 'json', file], {
    stdin: new PassThrough(),
    stdout,
    stderr,
    isTerminal: false,
    workingDirectory: folder.path,
    clock: systemClock,
    random: Math.random,
    fetch,
    stopping: stopping.signal,
    onHangup: () => undefined,
    outliveReader: () => undefined,
  })
  await waiting.next()
  writeFileSync(file, '{')
  await waiting.next()
  stopping.abort()
  expect(await code).toBe(1)
  stdout.end()
  const codes = (await text(stdout))
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { code: string }).code)
  expect(codes[0]).toBe('rule.level')
  expect(codes.at(-1)).toBe('yaml.syntax')
})

/** One item for each time that the command says it waits. */
async function* prompts(stream: PassThrough): AsyncGenerator<string> {
  for await (const chunk of stream) {
    if (String(chunk).includes('Waiting for changes.')) yield String(chunk)
  }
}
