import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { version } from '../src/util/version.ts'
import { compareGenerated, generatedDocs } from './support/generated-docs.ts'

describe('the documentation', () => {
  it.each(Object.entries(generatedDocs))('%s agrees with the code', (file, generate) => {
    const { written, expected } = compareGenerated(file, generate)
    expect(written).toBe(expected)
  })

  it('and the package name the same version', () => {
    const manifest: unknown = JSON.parse(readFileSync('package.json', 'utf8'))
    expect(manifest).toMatchObject({ version })
    expect(readFileSync('CHANGELOG.md', 'utf8')).toContain(`## ${version}`)
  })
})
