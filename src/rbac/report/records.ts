import type { Subject } from '../objects.ts'
import type { SubjectDiff } from '../usage/diff.ts'
import {
  accessRecord,
  bindingRecord,
  excessRecord,
  roleRecord,
  subjectRecord,
  timesRecord,
  watchedRecord,
} from '../usage/records.ts'
import type { Activity } from './activity.ts'
import type { RolesReport } from './report.ts'

/** The report for programs, one record for each thing; `kind` says which. */
export function reportRecords(report: RolesReport): readonly object[] {
  const { cluster, confidence, subjects, bindings, everybody } = report
  const { window, profiles, isCut } = cluster.evidence
  return [
    {
      kind: 'report',
      watched: watchedRecord(window),
      confidence,
      users: profiles.length,
      areUsersCut: isCut,
      hasReasons: cluster.hasReasons,
    },
    ...subjects.map((diff) => ({ kind: 'subject', ...subjectSummary(diff) })),
    ...bindings.map(({ binding, status, named, lastNamedUs, use, isBuiltIn }) => ({
      kind: 'binding',
      binding: bindingRecord(binding),
      role: roleRecord(binding),
      subjects: binding.subjects.map(bindingSubject),
      status,
      named: named ?? null,
      lastNamed: timesRecord({ firstSeenUs: undefined, lastSeenUs: lastNamedUs }).lastSeen,
      requests: use?.requests ?? 0,
      isBuiltIn,
    })),
    ...report.clusterAdmins.map(({ holder, binding, activity, users }) => ({
      kind: 'clusterAdmin',
      holder: bindingSubject(holder),
      binding: bindingRecord(binding),
      users,
      ...activityRecord(activity),
    })),
    ...report.privileged.map(({ user, activity, isApiServer }) => ({
      kind: 'privileged',
      user,
      isApiServer,
      ...activityRecord(activity),
    })),
    ...report.groupGrants.map(({ subject, group, bindings: by, activity }) => ({
      kind: 'groupGrant',
      subject: subjectRecord(subject),
      group,
      bindings: by.map(bindingRecord),
      ...activityRecord(activity),
    })),
    ...report.defaultAccounts.map((diff) => ({ kind: 'defaultAccount', ...subjectSummary(diff) })),
    ...everybody.map(({ subject, binding, isBuiltIn, activity }) => ({
      kind: 'everybody',
      subject: bindingSubject(subject),
      binding: bindingRecord(binding),
      role: roleRecord(binding),
      isBuiltIn,
      ...activityRecord(activity),
    })),
    ...subjects.flatMap(({ subject, refusedNow }) =>
      refusedNow.map((access) => ({
        kind: 'refusedNow',
        subject: subjectRecord(subject),
        ...accessRecord(access),
        reasons: access.reasons,
      })),
    ),
  ]
}

function subjectSummary({ subject, requests, grants, excess, confidence }: SubjectDiff): object {
  return {
    subject: subjectRecord(subject),
    requests,
    excess: excessRecord(excess),
    grants: grants.map(({ held, status, requests: served }) => ({
      binding: bindingRecord(held.grant.binding),
      through: held.through,
      status,
      requests: served,
    })),
    confidence,
  }
}

function activityRecord({ firstSeenUs, lastSeenUs, ...activity }: Activity): object {
  return { ...activity, ...timesRecord({ firstSeenUs, lastSeenUs }) }
}

function bindingSubject({ kind, name, namespace }: Subject): object {
  return namespace === '' ? { kind, name } : { kind, name, namespace }
}
