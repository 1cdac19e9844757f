import { counted } from '../../util/counted.ts'
import { manifestOf } from './manifest.ts'
import type { SuggestedRule } from './rules.ts'
import type { SuggestSubject } from './subject.ts'
import type { Suggestion } from './suggest.ts'
import { grantText, requestText, summarised, wideningText } from './words.ts'

/**
 * The suggestion as YAML documents for `kubectl apply`, with what speaks for each rule as comments. The same suggestion gives
 * the same text. Read by YAML 1.1 and 1.2 alike: texts stand between quotes.
 */
export function renderYaml(suggestion: Suggestion): string {
  const { objects } = suggestion
  const documents = objects.map(({ object, rules }) => {
    const { rules: plain, ...head } = manifestOf(object)
    const lines = Object.entries(head).flatMap(([key, value]) => entry(key, value, ''))
    if (plain !== undefined) lines.push('rules:', ...rules.flatMap(ruleLines))
    return ['---', ...lines]
  })
  return [...header(suggestion).map(comment), ...documents.flat(), ''].join('\n')
}

function header(suggestion: Suggestion): string[] {
  const { subject, cluster, objects, proof, confidence, warnings, widenings } = suggestion
  return [
    `${subjectText(subject)}${cluster === '' ? '' : ` in cluster ${cluster}`}`,
    ...(objects.length === 0 ? ['  needs no rule beyond those that every cluster has'] : []),
    `  confidence ${confidence.level}: ${confidence.reasons.join('; ')}`,
    `  replayed: ${proof.usedAllowed} of ${proof.used} requests that were used are allowed by this alone (${proof.usedRequests} times in all);` +
      ` ${proof.wantedAllowed} of ${proof.wanted} that were refused`,
    ...warnings.map(({ message }) => `  warning: ${message}`),
    ...widenings.map((widening) => `  wider than seen: ${wideningText(widening)}`),
    ...suggestion.notGranted.map(
      ({ access, why }) =>
        `  not granted: ${requestText({ ...access, namespace: access.namespace ?? '', name: access.name ?? '' })}: ${why}`,
    ),
    ...suggestion.unseen.map(
      ({ request, why }) => `  may be needed, and is not granted: ${requestText(request)}: ${why}`,
    ),
  ]
}

/** `ServiceAccount ci/deployer`. */
export function subjectText({ kind, name }: SuggestSubject): string {
  const [, , namespace, account] = kind === 'ServiceAccount' ? name.split(':') : []
  return account === undefined ? `${kind} ${name}` : `ServiceAccount ${namespace}/${account}`
}

function ruleLines(suggested: SuggestedRule): string[] {
  const { rule, evidence, notes, dangers } = suggested
  const { requests, failed, refused, firstSeen, lastSeen, samples, allowedBy } =
    summarised(evidence)
  const lists = manifestOf({
    kind: 'ClusterRole',
    name: '',
    labels: {},
    annotations: {},
    rules: [rule],
  })
  const [plain] = lists['rules'] as readonly Readonly<Record<string, readonly string[]>>[]
  const of = [
    ...(failed === 0 ? [] : [`${failed} failed all the same`]),
    ...(refused === 0 ? [] : [`${refused} refused`]),
  ]
  return [
    ...[
      `${[counted(requests, 'request'), ...of, spanText(firstSeen, lastSeen)].join(', ')}${samples.length === 0 ? '' : `: ${samples.join(' ')}`}`,
      ...allowedBy.map((grant) => `now by ${grantText(grant)}`),
      ...dangers.map(({ code, why }) => `dangerous (${code}): ${why}`),
      ...notes,
    ].map((line) => `  ${comment(line)}`),
    ...Object.entries(plain ?? {}).map(
      ([key, texts], at) => `${at === 0 ? '  - ' : '    '}${key}: ${list(texts)}`,
    ),
  ]
}

/** To the second. */
function spanText(first: string, last: string): string {
  const [from, to] = [first, last].map((time) => time.replace(/\.\d+Z$/, 'Z'))
  return from === to ? `${from}` : `${from} to ${to}`
}

function entry(key: string, value: unknown, indent: string): string[] {
  if (typeof value === 'string') return [`${indent}${plainKey(key)}: ${quoted(value)}`]
  if (Array.isArray(value))
    return [
      `${indent}${plainKey(key)}:`,
      ...value.flatMap((item: unknown) =>
        Object.entries(item as object).flatMap(([name, inner], at) =>
          entry(name, inner, `${indent}${at === 0 ? '  - ' : '    '}`),
        ),
      ),
    ]
  return [
    `${indent}${plainKey(key)}:`,
    ...Object.entries(value as object).flatMap(([name, inner]) =>
      entry(name, inner, `${indent}  `),
    ),
  ]
}

function plainKey(key: string): string {
  return /^[A-Za-z]+$/.test(key) ? key : quoted(key)
}

const plainText = /^[A-Z][A-Za-z]+$|^rbac\.authorization\.k8s\.io(?:\/v1)?$/

function list(texts: readonly string[]): string {
  return `[${texts.map((text) => quoted(text)).join(', ')}]`
}

/** Between quotes, and nothing in it that YAML 1.1 takes for a line break or for no character. */
function quoted(text: string): string {
  if (plainText.test(text)) return text
  return JSON.stringify(text).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Texts of events may hold anything: in a comment, no control or format characters. */
function comment(line: string): string {
  const plain = line.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ').toWellFormed()
  return `# ${plain.length > 400 ? `${plain.slice(0, 399)}…` : plain}`
}
