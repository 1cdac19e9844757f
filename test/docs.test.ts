import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { filesBelow } from '../src/app/rule-files.ts'
import { problemCodes } from '../src/detect/problem-codes.ts'
import { version } from '../src/util/version.ts'
import { compareGenerated, generatedDocs } from './support/generated-docs.ts'

const codes =
  /'((?:yaml|rule|filter|field|value|modifier|keyword|selection|condition|logsource|correlation|lint|mapping|test)\.[a-zA-Z]+)'/g

describe('the documentation', () => {
  it.each(Object.entries(generatedDocs))('%s agrees with the code', (file, generate) => {
    const { written, expected } = compareGenerated(file, generate)
    expect(written).toBe(expected)
  })

  it('knows every code that the sources give to a problem with a rule, and no other', () => {
    const sources = ['src/sigma', 'src/detect'].flatMap((folder) =>
      filesBelow(folder, () => true).map((path) => readFileSync(path, 'utf8')),
    )
    const written = sources
      .filter((text) => !text.includes('problemCodes:'))
      .flatMap((text) => [...text.matchAll(codes)].map(([, code = '']) => code))
    const composed = Object.keys(problemCodes).filter((code) =>
      /^(?:rule\.(?:id|name|level|status)|lint\.(?:id|status|author|date|level|references|falsepositives))$/.test(
        code,
      ),
    )
    expect([...new Set([...written, ...composed])].toSorted()).toEqual(
      Object.keys(problemCodes).toSorted(),
    )
  })

  it('and the package name the same version', () => {
    const manifest: unknown = JSON.parse(readFileSync('package.json', 'utf8'))
    expect(manifest).toMatchObject({ version })
    expect(readFileSync('CHANGELOG.md', 'utf8')).toContain(`## ${version}`)
  })
})
