import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const documented = [
  ...readFileSync('docs/sigma-semantics.md', 'utf8').matchAll(/^- \*\*(S\d+)\*\* /gm),
].map((found) => found[1])

/** The numbers that names of tests begin with, those of `it.each([…])` too. */
function testedNumbers(): Set<string> {
  const files = ['test/sigma', 'test/detect', 'test/property'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => join(folder, name)),
  )
  const names = files.flatMap((file) => [
    ...readFileSync(file, 'utf8').matchAll(/(?:\bit|\]\))\(\s*(?:String\.raw)?['"`](S\d+) /g),
  ])
  return new Set(names.map((found) => found[1] ?? ''))
}

describe('docs/sigma-semantics.md', () => {
  it('numbers its sentences without a gap', () => {
    expect(documented).toEqual(documented.map((_number, index) => `S${index + 1}`))
    expect(documented.length).toBeGreaterThan(50)
  })

  it('has a test for every sentence, and a sentence for every such test', () => {
    expect([...testedNumbers()].toSorted()).toEqual(documented.toSorted())
  })
})
