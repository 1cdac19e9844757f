import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { differenceOf, type OracleAnswer } from '../../verify/audit-policy-oracle/compare.ts'
import type { PolicyCase } from '../../verify/audit-policy-oracle/generate.ts'

const folder = 'test/fixtures/audit-policy'
type RecordedCase = PolicyCase & { readonly answer: OracleAnswer }

/** Answers of the API server's own code, kept by test/verify/audit-policy-oracle/run.ts. */
describe('the audit policy loader and evaluator', () => {
  for (const file of readdirSync(folder)) {
    const version = /1\.\d+/.exec(file)![0]
    it(`agree with the code of Kubernetes ${version} in every recorded case`, () => {
      const cases = zstdDecompressSync(readFileSync(join(folder, file)))
        .toString()
        .split('\n')
        .map((line): RecordedCase => JSON.parse(line))
      const differences = cases.flatMap((each) => differenceOf(each, each.answer, version) ?? [])
      expect(differences).toEqual([])
      expect(cases.length).toBeGreaterThanOrEqual(300)
    })
  }
})
