import { parseArgs } from 'node:util'
import { compareWithOracle, oracleOptions } from '../oracle-runner.ts'
import { differenceOf, type OracleAnswer } from './compare.ts'
import { generateCase, type PolicyCase } from './generate.ts'

// Puts seeded cases to an oracle (build.sh makes it) and to ours; with --record FILE, keeps cases and answers.
//   node test/verify/audit-policy-oracle/run.ts --oracle /tmp/oracle/oracle-0.36.6 --version 1.36 --from 0 --cases 5000
const { values } = parseArgs({
  options: { ...oracleOptions, version: { type: 'string', default: '1.36' } },
})

compareWithOracle<PolicyCase, OracleAnswer>({
  generate: generateCase,
  differenceOf: (each, answer) => differenceOf(each, answer, values.version),
  textOf: ({ policy }) => policy,
  summarise: (cases, answers) => {
    const refused = answers.filter((answer) => 'error' in answer).length
    return `${cases.length} policies (${refused} refused), ${cases.length * 12} requests`
  },
})
