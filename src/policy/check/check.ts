import { type LoadOptions, loadAuditPolicy } from '../../audit/policy/load.ts'
import { type AuditPolicyProblem, told } from '../../audit/policy/problems.ts'
import { defaultKubernetesVersion, minorReleaseOf } from '../../audit/policy/version.ts'
import { boxesOfAuditRule } from '../policy-boxes.ts'
import { findBodyCosts } from './bodies.ts'
import { findCisStigConflict } from './cis-stig.ts'
import { checkCodes } from './codes.ts'
import { findDroppedSessions } from './dropped-sessions.ts'
import type { CheckedPolicy, Finding } from './finding.ts'
import { findLiteralWildcards } from './literal-wildcards.ts'
import { findOmittedStage } from './omitted-stage.ts'
import { findSecretBodies } from './secret-bodies.ts'
import { findDroppedProbing, findNoFailedLogins } from './strangers.ts'
import { findUnknownNames } from './unknown-names.ts'
import { findUnreachableRules } from './unreachable.ts'

const checks: readonly ((checked: CheckedPolicy) => readonly Finding[])[] = [
  findUnreachableRules,
  findLiteralWildcards,
  findUnknownNames,
  findSecretBodies,
  findDroppedSessions,
  findOmittedStage,
  findNoFailedLogins,
  findDroppedProbing,
  findBodyCosts,
  findCisStigConflict,
]

/**
 * All problems of an audit policy file, in the order of the file. Errors keep the API server of that version from starting;
 * warnings are what surely is not meant, and are looked for when there is no error. Never throws.
 */
export function checkAuditPolicy(
  text: string,
  options: LoadOptions,
): readonly AuditPolicyProblem[] {
  const { policy, problems, placeOf } = loadAuditPolicy(text, options)
  const minorRelease = minorReleaseOf(options.kubernetesVersion ?? defaultKubernetesVersion)
  if (policy === undefined || minorRelease === undefined) return inOrder(problems)
  const checked = { policy, text, minorRelease }
  const warnings = findingsOf(checked).map(({ code, field, message }) => ({
    path: options.path,
    ...placeOf(field),
    severity: checkCodes[code].severity,
    code,
    message: told(field, message),
    field,
  }))
  return inOrder([...problems, ...warnings])
}

/** Rules are compared with all before them: what is longer would take minutes, and nobody wrote it by hand. */
const maxBoxes = 1_000

function findingsOf(checked: CheckedPolicy): readonly Finding[] {
  const boxes = checked.policy.rules.flatMap(boxesOfAuditRule)
  if (boxes.length <= maxBoxes) return checks.flatMap((check) => check(checked))
  const message = `the rules are too many to compare (${boxes.length} combinations, ${maxBoxes} at most): no warnings were looked for; name groups instead of each user and resource`
  return [{ code: 'policy.tooManyRules', field: 'rules', message }]
}

function inOrder(problems: readonly AuditPolicyProblem[]): readonly AuditPolicyProblem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
}
