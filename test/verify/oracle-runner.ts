import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { constants, zstdCompressSync } from 'node:zlib'

/** What one comparison is about; the oracle reads a case a line and answers with a line. */
export interface OracleComparison<Case extends object, Answer> {
  /** The same seed gives the same case. */
  readonly generate: (seed: number) => Case
  /** How our answer differs from the oracle's; undefined = it does not. */
  readonly differenceOf: (each: Case, answer: Answer) => string | undefined
  /** What a person should see of a case that differs. */
  readonly textOf: (each: Case) => string
  /** What was compared, in words. */
  readonly summarise: (cases: readonly Case[], answers: readonly Answer[]) => string
}

export const oracleOptions = {
  oracle: { type: 'string' },
  from: { type: 'string', default: '0' },
  cases: { type: 'string', default: '5000' },
  record: { type: 'string' },
} as const

const maxShown = 12

/**
 * Puts seeded cases to an oracle and to ours as the command line says, and lists where they differ; with --record, keeps cases and
 * answers. The exit code says whether any do.
 */
export function compareWithOracle<Case extends object, Answer>(
  comparison: OracleComparison<Case, Answer>,
): void {
  const { values } = parseArgs({ options: oracleOptions, strict: false })
  const first = Number(values['from'])
  const cases = Array.from({ length: Number(values['cases']) }, (_, index) =>
    comparison.generate(first + index),
  )
  const answers = asked<Answer>(values['oracle'], cases)
  let different = 0
  for (const [index, each] of cases.entries()) {
    const difference = comparison.differenceOf(each, answers[index]!)
    if (difference === undefined) continue
    different += 1
    if (different <= maxShown)
      process.stdout.write(`--- seed ${first + index}: ${difference}\n${comparison.textOf(each)}\n`)
  }
  process.stdout.write(`${comparison.summarise(cases, answers)}, ${different} differ\n`)
  if (typeof values['record'] === 'string') record(values['record'], cases, answers)
  process.exitCode = different === 0 ? 0 : 1
}

function asked<Answer>(oracle: unknown, cases: readonly object[]): readonly Answer[] {
  if (typeof oracle !== 'string') throw new Error('--oracle is missing')
  const run = spawnSync(oracle, {
    input: cases.map((each) => `${JSON.stringify(each)}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  })
  if (run.status !== 0) throw new Error(run.stderr)
  return run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer)
}

function record(path: string, cases: readonly object[], answers: readonly unknown[]): void {
  const text = cases
    .map((each, index) => JSON.stringify({ ...each, answer: answers[index] }))
    .join('\n')
  const params = { [constants.ZSTD_c_compressionLevel]: 19 }
  writeFileSync(path, zstdCompressSync(text, { params }))
}
