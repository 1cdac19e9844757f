import { formatTimeUs } from '../../util/time.ts'
import type { Subject } from '../objects.ts'
import type { ObservationWindow } from '../observe/window.ts'
import { requestOfAccess } from '../suggest/need.ts'
import { subjectText } from '../suggest/render-yaml.ts'
import { requestText } from '../suggest/words.ts'
import { bindingText, lastSeenText, scoreText } from '../usage/words.ts'
import type { Activity } from './activity.ts'
import type { BindingRow, BindingStatus } from './bindings.ts'
import type { RolesReport } from './report.ts'

/** A table of the report, for whatever it is written as. */
export interface ReportSection {
  readonly title: string
  /** What it says, and what it does not. */
  readonly note: string
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const maxRefused = 100

/** What stands above the tables: one sentence each. */
export function reportSummary({ cluster, confidence, subjects, bindings }: RolesReport): string[] {
  const { window, profiles, isCut } = cluster.evidence
  const count = (status: BindingStatus): number =>
    bindings.filter((row) => row.status === status).length
  return [
    windowText(window),
    `Confidence: ${confidence.level} (${confidence.reasons.join('; ')}). What was not seen may be used at other times.`,
    `${profiles.length} users were seen${isCut ? ', and more than are kept' : ''}; ${subjects.length} subjects hold something.`,
    `${bindings.length} bindings: ${count('exercised')} exercised, ${count('notNamed')} never named though they allow what was done, ${count('unused')} unused, ${count('dangling')} of roles that are not there, ${count('noSubjects')} for nobody.`,
    ...(cluster.hasReasons
      ? []
      : [
          'The events name no bindings (no annotation authorization.k8s.io/reason): which one allowed a request is worked out from the manifests.',
        ]),
  ]
}

export function reportSections(report: RolesReport): readonly ReportSection[] {
  return [
    subjectSection(report),
    bindingSection(report),
    clusterAdminSection(report),
    privilegedSection(report),
    groupSection(report),
    defaultSection(report),
    everybodySection(report),
    refusedSection(report),
  ]
}

function subjectSection({ subjects }: RolesReport): ReportSection {
  return {
    title: 'Subjects by excess',
    note: 'Granted and used: verbs on the known resources and paths of the cluster. Excess: the share that was not used. Without what everybody holds.',
    header: [
      'subject',
      'requests',
      'granted',
      'used',
      'excess',
      'unused and dangerous',
      'bindings',
      'unused',
      'confidence',
    ],
    rows: subjects.map(({ subject, requests, grants, excess, confidence }) => [
      subjectText(subject),
      String(requests),
      String(excess.granted),
      String(excess.used),
      scoreText(excess),
      [...new Set(excess.dangers.map(({ code }) => code))].join(' '),
      String(grants.length),
      String(grants.filter(({ status }) => status === 'unused').length),
      confidence.level,
    ]),
  }
}

const bindingStatusTexts: Readonly<Record<BindingStatus, string>> = {
  exercised: 'exercised',
  notNamed: 'never named, though it allows what was done',
  unused: 'unused',
  dangling: 'its role is not there',
  noSubjects: 'has no subjects',
}

function bindingSection({ bindings }: RolesReport): ReportSection {
  return {
    title: 'Bindings that were never exercised',
    note: 'An API server names one binding for each request that it allows. One that it never named may be the second of two that allow the same, or the cluster was another one then. Without those that Kubernetes makes itself.',
    header: ['binding', 'role', 'state', 'subjects', 'requests it would allow'],
    rows: bindings
      .filter(({ status, isBuiltIn }) => status !== 'exercised' && !isBuiltIn)
      .map(({ binding, status, use }: BindingRow) => [
        bindingText(binding),
        `${binding.roleRef.kind} ${binding.roleRef.name}`,
        bindingStatusTexts[status],
        binding.subjects.map(rbacSubjectText).join(', '),
        String(use?.requests ?? 0),
      ]),
  }
}

function clusterAdminSection({ clusterAdmins }: RolesReport): ReportSection {
  return {
    title: 'Who may do everything',
    note: 'Holders of a role with every verb on every resource; those who use least of it first.',
    header: [
      'holder',
      'binding',
      'different requests',
      'requests',
      'verbs',
      'resources',
      'users seen',
      'last seen',
    ],
    rows: clusterAdmins.map(({ holder, binding, activity, users }) => [
      rbacSubjectText(holder),
      bindingText(binding),
      String(activity.kinds),
      ...activityCells(activity),
      String(users.length),
      lastSeenText(activity.lastSeenUs),
    ]),
  }
}

function privilegedSection({ privileged }: RolesReport): ReportSection {
  return {
    title: 'Use of system:masters',
    note: 'No role stops its members, and no binding shows them: keep such credentials for emergencies, and look at each use.',
    header: ['user', 'requests', 'verbs', 'resources', 'first seen', 'last seen'],
    rows: privileged.map(({ user, activity, isApiServer }) => [
      isApiServer ? `${user} (the API server itself)` : user,
      ...activityCells(activity),
      lastSeenText(activity.firstSeenUs),
      lastSeenText(activity.lastSeenUs),
    ]),
  }
}

function groupSection({ groupGrants }: RolesReport): ReportSection {
  return {
    title: 'Living off a group',
    note: 'Requests that nothing but the grant of a group allows: they end when the user leaves the group, or the group its binding.',
    header: ['user', 'group', 'bindings', 'requests', 'verbs', 'resources', 'last seen'],
    rows: groupGrants.map(({ subject, group, bindings, activity }) => [
      subjectText(subject),
      group,
      bindings.map(bindingText).join(', '),
      ...activityCells(activity),
      lastSeenText(activity.lastSeenUs),
    ]),
  }
}

function defaultSection({ defaultAccounts }: RolesReport): ReportSection {
  return {
    title: 'Default service accounts with rights',
    note: 'Every pod that names no account runs as it: give those that need rights an account of their own.',
    header: ['account', 'bindings', 'requests', 'granted', 'used'],
    rows: defaultAccounts.map(({ subject, grants, requests, excess }) => [
      subjectText(subject),
      grants.map(({ held }) => bindingText(held.grant.binding)).join(', '),
      String(requests),
      String(excess.granted),
      String(excess.used),
    ]),
  }
}

function everybodySection({ everybody }: RolesReport): ReportSection {
  return {
    title: 'What everybody holds',
    note: 'Bindings for all authenticated users, all service accounts, or strangers, without those that Kubernetes makes itself.',
    header: ['for', 'binding', 'role', 'requests', 'verbs', 'resources'],
    rows: everybody
      .filter(({ isBuiltIn }) => !isBuiltIn)
      .map(({ subject, binding, activity }) => [
        rbacSubjectText(subject),
        bindingText(binding),
        `${binding.roleRef.kind} ${binding.roleRef.name}`,
        ...activityCells(activity),
      ]),
  }
}

function refusedSection({ subjects }: RolesReport): ReportSection {
  const refused = subjects.flatMap(({ subject, refusedNow }) =>
    refusedNow.map((access) => ({ subject, access })),
  )
  return {
    title: 'Used, and refused by these manifests',
    note: `The events say that RBAC allowed it: manifests are missing, or were changed since.${refused.length > maxRefused ? ` The first ${maxRefused} of ${refused.length}.` : ''}`,
    header: ['subject', 'request', 'requests', 'last seen'],
    rows: refused
      .slice(0, maxRefused)
      .map(({ subject, access }) => [
        subjectText(subject),
        requestText(requestOfAccess(access)),
        String(access.requests),
        lastSeenText(access.lastSeenUs),
      ]),
  }
}

function activityCells({ requests, verbs, resources }: Activity): string[] {
  return [String(requests), verbs.join(', '), resources.join(', ')]
}

export function rbacSubjectText({ kind, name, namespace }: Subject): string {
  return namespace === '' ? `${kind} ${name}` : `${kind} ${namespace}/${name}`
}

function windowText(window: ObservationWindow | undefined): string {
  const { firstUs = null, lastUs = null } = window?.toValue() ?? {}
  if (firstUs === null || lastUs === null) return 'No events were observed.'
  return `Observed from ${formatTimeUs(firstUs)} to ${formatTimeUs(lastUs)}.`
}
