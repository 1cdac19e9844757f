import { compareWithOracle } from '../oracle-runner.ts'
import { differenceOf, type OracleAnswer } from './compare.ts'
import { generateCase, type RbacCase } from './generate.ts'

// Puts seeded cases to the oracle (build.sh makes it) and to ours; with --record FILE, keeps cases and answers.
//   node test/verify/rbac-oracle/run.ts --oracle /tmp/oracle/rbac-oracle-1.36.3 --from 0 --cases 5000
compareWithOracle<RbacCase, OracleAnswer>({
  generate: generateCase,
  differenceOf,
  textOf: ({ manifests }) => manifests,
  summarise: (cases, answers) => {
    const refused = answers.filter((answer) => 'error' in answer).length
    const decisions = answers.flatMap((answer) => ('error' in answer ? [] : answer.decisions))
    const allowed = decisions.filter((decision) => decision.allowed).length
    return `${cases.length} sets of manifests (${refused} not decoded), ${decisions.length} decisions (${allowed} allowed)`
  },
})
