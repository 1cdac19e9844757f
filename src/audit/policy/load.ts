import { type DecodeReport, decode } from '../manifest/decode.ts'
import { describeValue, ManifestSyntaxError, type ManifestValue } from '../manifest/document.ts'
import { isJsonText, readJson } from '../manifest/json-document.ts'
import { readYaml } from '../manifest/yaml-document.ts'
import { checkKind } from './kind.ts'
import {
  type AuditPolicyProblem,
  createProblemList,
  type FieldPlace,
  type ProblemList,
} from './problems.ts'
import { policyShape } from './shapes.ts'
import type { AuditPolicy } from './types.ts'
import { invalidFields, toAuditPolicy } from './validate.ts'
import {
  defaultKubernetesVersion,
  minorReleaseOf,
  newestKubernetesVersion,
  oldestKubernetesVersion,
} from './version.ts'

export interface LoadOptions {
  /** For the problems. */
  readonly path: string
  /** 1.29 to 1.37; 1.36 when absent. */
  readonly kubernetesVersion?: string
}

export interface LoadedAuditPolicy {
  /** Absent when there is an error. */
  readonly policy?: AuditPolicy
  readonly problems: readonly AuditPolicyProblem[]
  readonly placeOf: FieldPlace
}

const maxCharacters = 2 * 1024 * 1024

/**
 * Reads an audit policy as the API server of that version does (apiserver `pkg/audit/policy/reader.go`): unknown and
 * repeated fields are dropped with a warning, wrong types and invalid values are errors. Never throws.
 */
export function loadAuditPolicy(
  text: string,
  { path, kubernetesVersion = defaultKubernetesVersion }: LoadOptions,
): LoadedAuditPolicy {
  const list = createProblemList(path, text)
  const policy = readPolicy(text, kubernetesVersion, list)
  const { problems, placeOf } = list
  return policy === undefined || list.hasErrors()
    ? { problems, placeOf }
    : { policy, problems, placeOf }
}

function readPolicy(
  text: string,
  kubernetesVersion: string,
  list: ProblemList,
): AuditPolicy | undefined {
  const minorRelease = minorReleaseOf(kubernetesVersion)
  if (minorRelease === undefined) {
    const known = `${oldestKubernetesVersion} to ${newestKubernetesVersion}`
    const version = JSON.stringify(kubernetesVersion)
    const message = `the Kubernetes version ${version} is not known; use ${known}`
    list.add('policy.kubernetesVersion', '', message, 0)
    return undefined
  }
  if (text.length > maxCharacters) {
    const message = `the file has more than ${maxCharacters} characters; an audit policy is not that long, name the policy file`
    list.add('policy.tooLarge', '', message, 0)
    return undefined
  }
  try {
    return decodePolicy(readDocument(text), minorRelease, list)
  } catch (error) {
    if (!(error instanceof ManifestSyntaxError)) throw error
    list.add(error.code, '', error.message, error.offset)
    return undefined
  }
}

interface PolicyDocument {
  readonly value: ManifestValue
  readonly secondOffset: number | undefined
  /** What YAML held is handed on with its keys sorted. */
  readonly keyOrder: 'asWritten' | 'sorted'
}

function readDocument(text: string): PolicyDocument {
  if (!isJsonText(text)) return { ...readYaml(text), keyOrder: 'sorted' }
  return { value: readJson(text), secondOffset: undefined, keyOrder: 'asWritten' }
}

function decodePolicy(
  { value, secondOffset, keyOrder }: PolicyDocument,
  minorRelease: number,
  list: ProblemList,
): AuditPolicy {
  if (secondOffset !== undefined)
    list.add(
      'yaml.secondDocument',
      '',
      'the API server reads the first document only; remove the others',
      secondOffset,
    )
  const policy = toAuditPolicy(decode(value, policyShape, '', reporting(list)))
  checkKind(value, keyOrder, list)
  if (list.hasErrors()) return policy
  for (const { field, code, message } of invalidFields(policy, minorRelease))
    list.addAtField(code, field, message)
  if (policy.rules.length === 0)
    list.addAtField(
      'policy.noRules',
      'rules',
      'an audit policy without rules is refused; add one, such as `- level: Metadata`',
    )
  return policy
}

function reporting({ add, locate }: ProblemList): DecodeReport {
  return {
    wrongType: (value, field, expected) =>
      add('policy.type', field, `has to be ${expected}, not ${describeValue(value)}`, value.offset),
    unknown: (offset, field) =>
      add(
        'policy.unknownField',
        field,
        'no such field here; the API server drops it: correct its name or indentation, or remove it',
        offset,
      ),
    repeated: (offset, field) =>
      add(
        'policy.repeatedField',
        field,
        'was there already; the API server takes the last one: make one of them',
        offset,
      ),
    located: locate,
  }
}
