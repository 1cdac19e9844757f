import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { constants, zstdCompressSync } from 'node:zlib'
import { differenceOf, type OracleAnswer } from './compare.ts'
import { generateCase } from './generate.ts'

// Puts seeded cases to an oracle (build.sh makes it) and to ours, and lists where they differ; with --record, keeps cases and answers.
//   node test/verify/rbac-oracle/run.ts --oracle /tmp/oracle/rbac-oracle-1.36.3 --from 0 --cases 5000 [--record FILE]
const { values } = parseArgs({
  options: {
    oracle: { type: 'string' },
    from: { type: 'string', default: '0' },
    cases: { type: 'string', default: '5000' },
    record: { type: 'string' },
  },
})
if (values.oracle === undefined) throw new Error('--oracle is missing')
const first = Number(values.from)
const cases = Array.from({ length: Number(values.cases) }, (_, index) =>
  generateCase(first + index),
)
const run = spawnSync(values.oracle, {
  input: cases.map((each) => `${JSON.stringify(each)}\n`).join(''),
  encoding: 'utf8',
  maxBuffer: 1 << 30,
})
if (run.status !== 0) throw new Error(run.stderr)
const answers = run.stdout
  .trim()
  .split('\n')
  .map((line): OracleAnswer => JSON.parse(line))
let different = 0
for (const [index, each] of cases.entries()) {
  const difference = differenceOf(each, answers[index]!)
  if (difference === undefined) continue
  different += 1
  if (different <= 12)
    process.stdout.write(`--- seed ${first + index}: ${difference}\n${each.manifests}\n`)
}
const decisions = answers.flatMap((answer) => ('error' in answer ? [] : answer.decisions))
const allowed = decisions.filter((decision) => decision.allowed).length
const refused = answers.filter((answer) => 'error' in answer).length
process.stdout.write(
  `${cases.length} sets of manifests (${refused} not decoded), ${decisions.length} decisions (${allowed} allowed), ${different} sets differ\n`,
)
if (values.record !== undefined) {
  const text = cases
    .map((each, index) => JSON.stringify({ ...each, answer: answers[index] }))
    .join('\n')
  writeFileSync(
    values.record,
    zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: 19 } }),
  )
}
process.exitCode = different === 0 ? 0 : 1
