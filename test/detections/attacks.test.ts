import { describe, expect, it } from 'vitest'
import { readEvents, readLabels } from '../support/recordings.ts'
import { alertsOn, createBuiltinRuleSet, evidenceOf } from './corpus.ts'

const ruleSet = createBuiltinRuleSet()

/** Recorded attack → rules that have to point at what the attacker did. `.rr` were recorded with bodies. */
const scenarios: Readonly<Record<string, readonly string[]>> = {
  'attacks/anonymous-access-by-binding': [
    'anonymous_request_allowed',
    'anonymous_request_refused',
    'cluster_role_binding_changed',
    'secrets_listed_in_all_namespaces',
  ],
  'attacks/anonymous-probing': ['anonymous_probing', 'anonymous_request_refused'],
  'attacks/bad-credentials': [
    'anonymous_request_refused',
    'authentication_failed',
    'authentication_failures',
    'token_in_url',
  ],
  'attacks/secret-enumeration': [
    'secret_read_with_command_line_client',
    'secret_read_in_kube_system',
    'secrets_listed_in_all_namespaces',
    'secrets_listed_in_namespace',
  ],
  'attacks/secret-name-guessing': [
    'secret_name_guessed',
    'secret_names_guessed',
    'secret_read_refused_to_service_account',
    'secret_read_with_command_line_client',
  ],
  'attacks/audit-flooding': [
    'oversized_requests',
    'refusals',
    'secret_read_with_command_line_client',
  ],
  'attacks/exec-spdy': ['exec_download', 'pod_session_by_service_account'],
  'attacks/exec-websocket': ['exec_download', 'exec_reads_credentials', 'pod_exec'],
  'attacks/port-forward-tunnel': ['port_forward'],
  'attacks/ephemeral-container': ['ephemeral_container_added'],
  'attacks/privileged-pod': ['exec_reads_credentials', 'pod_exec'],
  'attacks/nodes-proxy': ['kubelet_api_through_proxy', 'kubelet_command_through_proxy'],
  'attacks/rbac-cluster-admin-binding': [
    'cluster_role_binding_changed',
    'kube_system_token_requested',
    'machine_identity_from_public_address',
    'own_permissions_asked_by_service_account',
    'rbac_changed_by_service_account',
    'requested_token_used_elsewhere',
    'secrets_listed_in_all_namespaces',
    'token_requested',
  ],
  'attacks/rbac-cluster-admin-binding.rr': ['cluster_admin_binding', 'long_lived_token_requested'],
  'attacks/rbac-escalation-refused': [
    'cluster_role_binding_changed',
    'cluster_role_changed',
    'rbac_changed_by_service_account',
    'rbac_escalation_refused',
  ],
  'attacks/rbac-escalation-refused.rr': ['cluster_admin_binding', 'escalation_right_granted'],
  'attacks/rbac-wildcard-role': [
    'cluster_role_changed',
    'cluster_role_written_by_person',
    'role_binding_changed',
  ],
  'attacks/rbac-wildcard-role.rr': ['default_service_account_bound', 'wildcard_role'],
  'attacks/aggregated-role-edit': [
    'cluster_role_changed',
    'cluster_role_written_by_person',
    'secret_read_by_person',
  ],
  'attacks/static-pod': ['unknown_static_pod'],
  'attacks/cronjob-persistence': ['cron_job_made_by_person', 'workload_in_system_namespace'],
  'attacks/daemonset-everywhere': ['daemon_set_created', 'workload_in_system_namespace'],
  'attacks/workload-in-default': ['naked_pod_in_default_namespace', 'workload_in_system_namespace'],
  'attacks/aggregated-role-edit.rr': ['aggregated_role_extended', 'risky_right_granted'],
  'attacks/impersonation': [
    'cluster_role_binding_changed',
    'impersonation_of_privileged_identity',
    'impersonation_refused',
    'impersonation_used',
  ],
  'attacks/impersonation.rr': ['cluster_admin_binding'],
  'attacks/permission-recon': [
    'own_permissions_asked_by_service_account',
    'permissions_probed',
    'pod_token_with_command_line_client',
  ],
  'attacks/pod-token-used-elsewhere': [
    'machine_identity_from_public_address',
    'pod_token_used_elsewhere',
    'pod_token_with_command_line_client',
    'secret_read_with_command_line_client',
    'token_used_with_new_client',
  ],
  'attacks/token-for-another-account': [
    'machine_identity_from_public_address',
    'requested_token_used',
    'requested_token_used_elsewhere',
    'token_request_failed',
    'token_requested',
  ],
  'attacks/token-for-another-account.rr': [
    'long_lived_token_requested',
    'requested_token_used_elsewhere',
  ],
  'attacks/token-after-deletion': [
    'authentication_failed',
    'machine_identity_from_public_address',
    'refused_after_deletion',
  ],
  'attacks/bootstrap-token': [
    'bootstrap_token_created',
    'bootstrap_token_misused',
    'machine_identity_from_public_address',
  ],
  'attacks/controller-account-in-pod': [
    'built_in_role_changed',
    'controller_account_used_elsewhere',
  ],
  'attacks/csr-admin-certificate': [
    'csr_approved_by_person',
    'csr_created_by_person',
    'masters_certificate_refused',
    'secrets_listed_in_all_namespaces',
  ],
  'attacks/csr-admin-certificate.rr': ['csr_for_another_user'],
  'attacks/stolen-kubelet-identity': [
    'machine_identity_from_public_address',
    'node_identity_used_elsewhere',
    'node_identity_with_foreign_client',
    'node_request_refused_by_admission',
  ],
  'attacks/mass-deletion': ['mass_deletion'],
  'attacks/forged-headers': [
    'audit_id_chosen',
    'forwarded_address_claimed',
    'secret_read_with_command_line_client',
  ],
  'policies/a/anonymous-probing': ['anonymous_request_refused'],
  'policies/a/exec-websocket': ['exec_reads_credentials', 'pod_exec'],
  'policies/a/impersonation': ['impersonation_of_privileged_identity', 'impersonation_refused'],
  'policies/d/rbac-wildcard-role': ['wildcard_role'],
  'policies/d/secret-enumeration': ['secrets_listed_in_all_namespaces'],
  'policies/e/rbac-cluster-admin-binding': ['cluster_admin_binding', 'long_lived_token_requested'],
}

describe.each(Object.entries(scenarios))('%s', (scenario, expected) => {
  const labels = readLabels(`${scenario}.yml`)
  const evidence = evidenceOf(alertsOn(ruleSet, `${scenario}.jsonl`))

  it('is found', () => {
    const malicious = new Set(labels.malicious)
    const found = new Set(
      evidence.filter(({ auditID }) => malicious.has(auditID)).map(({ alert }) => alert.rule.name),
    )
    expect(expected.filter((name) => !found.has(name))).toEqual([])
  })

  it('leaves what others did in peace', () => {
    const known = new Set([...labels.malicious, ...labels.attendant, ...labels.consequence])
    const others = evidence.filter(
      ({ alert, auditID }) => !known.has(auditID) && isLoud(alert.rule.level),
    )
    expect(others.map(({ alert, auditID }) => [alert.rule.name, auditID, alert.summary])).toEqual(
      [],
    )
  })

  it('gives every request its alert after its outcome is known', () => {
    const stages = new Set(evidence.map(({ stage }) => stage))
    stages.delete('ResponseStarted')
    stages.delete('ResponseComplete')
    expect([...stages]).toEqual([])
  })
})

/** Recorded attack → the actor whose alerts are told as a story. */
const stories: Readonly<Record<string, string>> = {
  'attacks/exec-websocket': 'dana@acme-shop.example',
  'attacks/nodes-proxy': 'system:serviceaccount:monitoring:prometheus',
  'attacks/rbac-cluster-admin-binding': 'system:serviceaccount:kube-system:log-rotator',
  'attacks/rbac-cluster-admin-binding.rr':
    'system:serviceaccount:argocd:argocd-application-controller',
  'attacks/pod-token-used-elsewhere': 'system:serviceaccount:ingress-nginx:ingress-nginx',
  'attacks/stolen-kubelet-identity': 'system:node:worker-01',
}

it.each(Object.entries(stories))('%s is told as a story of %s', (scenario, actor) => {
  const told = alertsOn(ruleSet, `${scenario}.jsonl`).filter(({ kind }) => kind === 'story')
  const own = told.find((alert) => alert.actor === actor)
  expect(['high', 'critical']).toContain(own?.rule.level)
  expect(new Set(own?.story?.map(({ tactic }) => tactic)).size).toBeGreaterThanOrEqual(3)
})

describe('sessions that have two events', () => {
  it('count once each, whatever the stages that are recorded', () => {
    const requests = new Set(
      readEvents('policies/a/exec-websocket.jsonl')
        .filter(({ objectRef }) => JSON.stringify(objectRef ?? {}).includes('"exec"'))
        .map(({ auditID }) => auditID),
    )
    const alerts = alertsOn(ruleSet, 'policies/a/exec-websocket.jsonl').filter(
      ({ rule }) => rule.name === 'pod_exec',
    )
    const listed = evidenceOf(alerts).map(({ auditID }) => auditID)
    const distinct = new Set(listed)
    expect([...requests].filter((auditID) => !distinct.has(String(auditID)))).toEqual([])
    expect(listed.length).toBeGreaterThan(distinct.size)
    expect(alerts.map(({ count }) => count).reduce((a, b) => a + b, 0)).toBe(distinct.size)
  })
})

/** Informational rules tell of ordinary things. */
function isLoud(level: string): boolean {
  return level !== 'informational'
}
