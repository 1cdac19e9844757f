import { readFileSync } from 'node:fs'
import { zstdDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { differenceOf, type OracleAnswer } from '../verify/rbac-oracle/compare.ts'
import type { RbacCase } from '../verify/rbac-oracle/generate.ts'

/** Answers of the code of Kubernetes itself, kept by test/verify/rbac-oracle/run.ts. */
const cases = zstdDecompressSync(readFileSync('test/fixtures/rbac/oracle-1.36.jsonl.zst'))
  .toString()
  .split('\n')
  .map((line): RbacCase & { readonly answer: OracleAnswer } => JSON.parse(line))

describe('the RBAC loader and authorizer', () => {
  it('agree with the code of Kubernetes 1.36 in every recorded case', () => {
    expect(cases.flatMap((each) => differenceOf(each, each.answer) ?? [])).toEqual([])
    const decisions = cases.flatMap(({ answer }) => ('error' in answer ? [] : answer.decisions))
    expect(cases.length).toBeGreaterThanOrEqual(400)
    expect(decisions.filter(({ allowed }) => allowed).length).toBeGreaterThanOrEqual(300)
  })
})
