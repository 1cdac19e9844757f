import type { RecordedLevel } from '../audit/known-fields.ts'
import {
  type AuditGroupResources,
  type AuditPolicy,
  type AuditPolicyRule,
  auditPolicyRule,
} from '../audit/policy/types.ts'
import type { EventRule } from '../contracts.ts'
import { secretBearing } from './api-groups.ts'
import { coverageOf, type RuleCoverage } from './coverage.ts'
import type { Noise } from './noise.ts'
import { boxesOfAuditRule } from './policy-boxes.ts'
import { intersectBoxes, type RequestBox, uncoveredPart } from './request-box.ts'
import { type Need, needsOf, richest } from './rule-needs.ts'
import { isAnyText, textsOf } from './text-set.ts'

/** A rule of an audit policy, and why it is there. */
export interface CommentedRule {
  readonly rule: AuditPolicyRule
  readonly comment: readonly string[]
}

export interface GeneratedPolicy {
  readonly policy: AuditPolicy
  /** Of each rule of the policy, why it is there. */
  readonly comments: readonly (readonly string[])[]
  /** Rules that it does not feed wholly. */
  readonly unfed: readonly RuleCoverage[]
}

export interface GenerateOptions {
  readonly rules: readonly EventRule[]
  /** What correlations read of the events of rules, by the rule's id. */
  readonly asked?: ReadonlyMap<string, readonly string[]>
  /** Bodies were agreed to. Those of secret-bearing resources are never recorded. */
  readonly allowBodies: boolean
  readonly noise: readonly Noise[]
}

/** The least audit policy that feeds the rules: Metadata, and more only where a rule reads a body. */
export function generatePolicy({
  rules,
  asked,
  allowBodies,
  noise,
}: GenerateOptions): GeneratedPolicy {
  const needs = rules.flatMap((rule) =>
    needsOf(rule, asked?.get(rule.id)).map((need) => ({ rule, need })),
  )
  const bodies = allowBodies ? bodyRules(needs) : []
  const guard: readonly CommentedRule[] = bodies.some(({ rule }) => takesSecrets(rule))
    ? [{ rule: secretsRule, comment: ['Bodies of these are credentials.'] }]
    : []
  const all = [...noise.map(noiseRule), ...guard, ...bodies, catchAll]
  const needsReceived = needs.some(({ need }) => need.stages.every((s) => s === 'RequestReceived'))
  const kept = withoutUseless(all)
  const policy: AuditPolicy = {
    omitStages: needsReceived ? [] : ['RequestReceived'],
    omitManagedFields: bodies.length > 0,
    rules: kept.map(({ rule }) => rule),
  }
  return {
    policy,
    comments: kept.map(({ comment }) => comment),
    unfed: coverageOf(rules, policy).filter(({ status }) => status !== 'fed'),
  }
}

const catchAll: CommentedRule = {
  rule: auditPolicyRule({ level: 'Metadata' }),
  comment: [
    'Everything else, requests that failed to authenticate among it: those match no rule with users or groups.',
  ],
}

const secretsRule = auditPolicyRule({
  level: 'Metadata',
  resources: [
    {
      group: '',
      resources: ['secrets/*', 'configmaps/*', 'serviceaccounts/token'],
      resourceNames: [],
    },
    { group: 'authentication.k8s.io', resources: ['tokenreviews/*'], resourceNames: [] },
  ],
})

function noiseRule({ rule, events, bytes, costs }: Noise): CommentedRule {
  const measured = `Noise: ${percent(events)} of the recorded events, ${percent(bytes)} of their bytes. No rule is about these requests.`
  const lost =
    costs.length === 0 ? [] : [`Rules about clients that lose sight of them: ${costs.join(', ')}.`]
  return { rule, comment: [measured, ...lost] }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

interface NeedOfRule {
  readonly rule: EventRule
  readonly need: Need
}

/** One rule for each level and set of verbs; the richest first, for the first that matches decides. */
function bodyRules(needs: readonly NeedOfRule[]): readonly CommentedRule[] {
  const wanted = new Map<
    string,
    {
      level: RecordedLevel
      verbs: readonly string[]
      names: Set<string>
      resources: Map<string, Set<string>>
    }
  >()
  for (const { rule, need } of needs) {
    const level = richest([need.auditLevel, need.exactLevel])
    if (level === 'Metadata') continue
    for (const box of need.boxes) {
      if (!box.isResource) continue
      const verbs = textsOf(box.traits.verb) ?? []
      const key = `${level} ${verbs.join(' ')}`
      const entry = wanted.get(key) ?? { level, verbs, names: new Set(), resources: new Map() }
      const isAdded = addResources(entry.resources, box)
      if (!isAdded) continue
      wanted.set(key, entry)
      entry.names.add(rule.name ?? rule.title)
    }
  }
  return [...wanted.values()]
    .toSorted(
      (a, b) =>
        Number(b.level === 'RequestResponse') - Number(a.level === 'RequestResponse') ||
        a.verbs.join().localeCompare(b.verbs.join()),
    )
    .map(({ level, verbs, names, resources }) => ({
      rule: auditPolicyRule({
        level,
        verbs,
        resources: resources.has('*') ? [] : entriesOf(resources),
      }),
      comment: [`Read by ${[...names].sort().join(', ')}.`],
    }))
}

/** False when nothing but secret-bearing resources is asked for. */
function addResources(resources: Map<string, Set<string>>, { traits }: RequestBox): boolean {
  const groups = textsOf(traits.apiGroup)
  const names = textsOf(traits.resource)
  if (groups === undefined) {
    resources.set('*', new Set())
    return true
  }
  let isAdded = false
  for (const group of groups) {
    for (const text of names === undefined
      ? ['*']
      : names.flatMap((name) => withSubresources(name, traits))) {
      if (isSecretBearing(group, text)) continue
      resources.set(group, (resources.get(group) ?? new Set()).add(text))
      isAdded = true
    }
  }
  return isAdded
}

function withSubresources(name: string, traits: RequestBox['traits']): readonly string[] {
  const subresources = isAnyText(traits.subresource) ? undefined : textsOf(traits.subresource)
  if (subresources === undefined) return [`${name}/*`]
  return subresources.map((subresource) => (subresource === '' ? name : `${name}/${subresource}`))
}

function isSecretBearing(group: string, text: string): boolean {
  const [name, subresource = ''] = text.split('/')
  return secretBearing.some(
    ([g, n, s]) => g === group && n === name && (s === '*' || s === subresource),
  )
}

function entriesOf(
  resources: ReadonlyMap<string, ReadonlySet<string>>,
): readonly AuditGroupResources[] {
  return [...resources]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([group, texts]) => ({
      group,
      resources: texts.has('*') ? [] : [...texts].sort(),
      resourceNames: [],
    }))
}

/** It would record the body of some secret-bearing resource. */
function takesSecrets(rule: AuditPolicyRule): boolean {
  return boxesOfAuditRule(rule).some((box) =>
    boxesOfAuditRule(secretsRule).some((secret) => intersectBoxes(box, secret) !== undefined),
  )
}

/** Rules without what earlier ones decide already; a rule of which nothing is left is left out. */
function withoutUseless(rules: readonly CommentedRule[]): readonly CommentedRule[] {
  const before: RequestBox[] = []
  const isReached = (rule: AuditPolicyRule): boolean =>
    boxesOfAuditRule(rule).some((box) => uncoveredPart(box, before) !== undefined)
  return rules.flatMap(({ rule, comment }) => {
    const resources = rule.resources.flatMap((entry) => {
      const kept = entry.resources.filter((text) =>
        isReached({ ...rule, resources: [{ ...entry, resources: [text] }] }),
      )
      const isWholeGroup = entry.resources.length === 0
      return kept.length === 0 && !isWholeGroup ? [] : [{ ...entry, resources: kept }]
    })
    const isWithoutResources = resources.length === 0 && rule.resources.length > 0
    const left = { ...rule, resources }
    if (isWithoutResources || !isReached(left)) return []
    before.push(...boxesOfAuditRule(left))
    return [{ rule: left, comment }]
  })
}
