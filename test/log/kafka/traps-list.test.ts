import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

/** The rows of the table in which docs/kafka.md says what holds the client's traps off. */
function heldBy(): { readonly file: string; readonly test: string }[] {
  const lines = readFileSync('docs/kafka.md', 'utf8').split('\n')
  return lines.flatMap((line) => {
    const [, file, test] = /\| `([^`]+\.test\.ts)`: (.+) \|$/.exec(line) ?? []
    return file === undefined || test === undefined ? [] : [{ file, test }]
  })
}

it('every trap of the Kafka client is held off by a test that is there', () => {
  const rows = heldBy()
  expect(rows.length).toBeGreaterThan(15)
  const missing = rows.filter(({ file, test }) => {
    const path = file.includes('/') ? file : join('test/integration/kafka', file)
    return !readFileSync(path, 'utf8').includes(`'${test}'`)
  })
  expect(missing).toEqual([])
})
