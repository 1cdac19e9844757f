import { LineCounter } from 'yaml'
import type { Problem } from '../../contracts.ts'
import { type DecodeReport, decode } from './decode.ts'
import { type PolicyEntry, PolicySyntaxError, type PolicyValue } from './document.ts'
import { isJsonText, readJson } from './json-document.ts'
import { policyShape } from './shapes.ts'
import type { AuditPolicy } from './types.ts'
import { invalidFields, toAuditPolicy } from './validate.ts'
import {
  defaultKubernetesVersion,
  minorReleaseOf,
  newestKubernetesVersion,
  oldestKubernetesVersion,
} from './version.ts'
import { readYaml } from './yaml-document.ts'

/** A problem of an audit policy file. `error` = the API server would refuse to start with it. */
export interface AuditPolicyProblem extends Problem {
  /** Such as `rules[2].resources[0].group`; empty = the file. */
  readonly field: string
}

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
  const lineCounter = new LineCounter()
  const problems: AuditPolicyProblem[] = []
  const offsets = new Map<string, number>()
  const report = (
    severity: Problem['severity'],
    offset: number,
    code: string,
    field: string,
    message: string,
  ): void => {
    const { line, col } = lineCounter.linePos(offset)
    problems.push({
      path,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      severity,
      code,
      message: field === '' ? message : `${field}: ${message}`,
      field,
    })
  }
  const minorRelease = minorReleaseOf(kubernetesVersion)
  if (minorRelease === undefined) {
    report(
      'error',
      0,
      'policy.kubernetesVersion',
      '',
      `the Kubernetes version ${JSON.stringify(kubernetesVersion)} is not known; use ${oldestKubernetesVersion} to ${newestKubernetesVersion}`,
    )
    return { problems }
  }
  if (text.length > maxCharacters) {
    report(
      'error',
      0,
      'policy.tooLarge',
      '',
      `the file has more than ${maxCharacters} characters; an audit policy is not that long`,
    )
    return { problems }
  }
  try {
    const document = read(text, lineCounter)
    if (document.secondOffset !== undefined)
      report(
        'warning',
        document.secondOffset,
        'yaml.secondDocument',
        '',
        'the API server reads the first document only; remove the others',
      )
    const decoded = decode(document.value, policyShape, '', reporting(report, offsets))
    checkKind(document, report)
    const policy = toAuditPolicy(decoded)
    if (!problems.some(({ severity }) => severity === 'error')) {
      for (const { field, code, message } of invalidFields(policy, minorRelease))
        report('error', nearestOffset(field, offsets), code, field, message)
      if (policy.rules.length === 0)
        report(
          'error',
          offsets.get('rules') ?? document.value.offset,
          'policy.noRules',
          'rules',
          'an audit policy without rules is refused; add one, such as `- level: Metadata`',
        )
    }
    const isRefused = problems.some(({ severity }) => severity === 'error')
    return isRefused ? { problems } : { policy, problems }
  } catch (error) {
    if (!(error instanceof PolicySyntaxError)) throw error
    report('error', error.offset, error.code, '', error.message)
    return { problems }
  }
}

type Report = (
  severity: Problem['severity'],
  offset: number,
  code: string,
  field: string,
  message: string,
) => void

interface PolicyDocument {
  readonly value: PolicyValue
  readonly secondOffset: number | undefined
  /** What YAML held is handed on with its keys sorted. */
  readonly keyOrder: 'asWritten' | 'sorted'
}

function read(text: string, lineCounter: LineCounter): PolicyDocument {
  if (!isJsonText(text)) return { ...readYaml(text, lineCounter), keyOrder: 'sorted' }
  return { value: readJson(text, lineCounter), secondOffset: undefined, keyOrder: 'asWritten' }
}

function byKey(a: PolicyEntry, b: PolicyEntry): number {
  if (a.key === b.key) return 0
  return a.key < b.key ? -1 : 1
}

function reporting(report: Report, offsets: Map<string, number>): DecodeReport {
  return {
    wrongType: (value, field, expected) =>
      report(
        'error',
        value.offset,
        'policy.type',
        field,
        `has to be ${expected}, not ${describe(value)}`,
      ),
    unknown: (offset, field) =>
      report(
        'warning',
        offset,
        'policy.unknownField',
        field,
        'no such field; the API server drops it',
      ),
    repeated: (offset, field) =>
      report(
        'warning',
        offset,
        'policy.repeatedField',
        field,
        'was there already; the API server takes the last one',
      ),
    located: (field, offset) => offsets.set(field, offset),
  }
}

function describe(value: PolicyValue): string {
  switch (value.kind) {
    case 'text':
      return `the text ${JSON.stringify(value.text.slice(0, 60))}`
    case 'number':
      return `the number ${value.text}; put it in quotes if a text is meant`
    case 'boolean':
      return `${value.boolean}; put it in quotes if a text is meant`
    case 'list':
    case 'map':
      return `a ${value.kind}`
    case 'null':
      return 'null'
    default:
      return value satisfies never
  }
}

/** The type is found by keys that ignore case, an absent kind is Policy, and the version has to be there. */
function checkKind({ value, keyOrder }: PolicyDocument, report: Report): void {
  let [apiVersion, kind] = ['', '']
  const entries = value.kind === 'map' ? value.entries : []
  const ordered = keyOrder === 'sorted' ? entries.toSorted(byKey) : entries
  for (const { key, value: found } of ordered) {
    const folded = key.replaceAll('\u212a', 'k').replaceAll('\u017f', 's').toLowerCase()
    if (folded !== 'apiversion' && folded !== 'kind') continue
    if (found.kind === 'text')
      [apiVersion, kind] = folded === 'kind' ? [apiVersion, found.text] : [found.text, kind]
    else if (found.kind !== 'null')
      report('error', found.offset, 'policy.kind', key, 'has to be a text')
  }
  if (apiVersion === 'audit.k8s.io/v1' && (kind === 'Policy' || kind === '')) return
  report(
    'error',
    value.offset,
    'policy.kind',
    '',
    `${apiVersion === '' ? 'no apiVersion' : `${apiVersion} ${kind}`}; an audit policy begins with \`apiVersion: audit.k8s.io/v1\` and \`kind: Policy\``,
  )
}

/** Where a field stands, or the nearest thing around it that does. */
function nearestOffset(field: string, offsets: ReadonlyMap<string, number>): number {
  for (let at = field; at !== ''; at = at.replace(/(?:\.|^)[^.[]+$|\[\d+\]$/, '')) {
    const offset = offsets.get(at)
    if (offset !== undefined) return offset
  }
  return 0
}
