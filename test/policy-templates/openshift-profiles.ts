import {
  type AuditPolicy,
  type AuditPolicyRule,
  auditPolicyRule,
} from '../../src/audit/policy/types.ts'

/** `spec.audit` of OpenShift's APIServer resource. */
export interface OpenShiftAudit {
  readonly profile: OpenShiftProfile
  readonly customRules: readonly { readonly group: string; readonly profile: OpenShiftProfile }[]
}
export type OpenShiftProfile = 'Default' | 'WriteRequestBodies' | 'AllRequestBodies' | 'None'

const writes = ['create', 'update', 'patch', 'delete', 'deletecollection']
const of = (group: string, ...resources: string[]) => ({ group, resources, resourceNames: [] })

/**
 * The audit policy that OpenShift's operators make of it, as far as it is published
 * (openshift/enhancements `kube-apiserver/audit-policy.md`): a common beginning, the custom rules, the profile.
 */
export function openShiftPolicy({ profile, customRules }: OpenShiftAudit): AuditPolicy {
  const custom = customRules.flatMap((rule) =>
    profileRules(rule.profile).map((each) => ({ ...each, userGroups: [rule.group] })),
  )
  return {
    omitStages: ['RequestReceived'],
    omitManagedFields: true,
    rules:
      profile === 'None' ? profileRules('None') : [...base, ...custom, ...profileRules(profile)],
  }
}

const base: readonly AuditPolicyRule[] = [
  auditPolicyRule({ level: 'None', resources: [of('', 'events')] }),
  auditPolicyRule({
    level: 'None',
    userGroups: ['system:authenticated', 'system:unauthenticated'],
    nonResourceURLs: ['/api*', '/version', '/healthz', '/readyz'],
  }),
]

function profileRules(profile: OpenShiftProfile): readonly AuditPolicyRule[] {
  const metadata = auditPolicyRule({ level: 'Metadata' })
  const secret = auditPolicyRule({
    level: 'Metadata',
    resources: [
      of('route.openshift.io', 'routes'),
      of('', 'secrets'),
      of('oauth.openshift.io', 'oauthclients'),
    ],
  })
  const logins = auditPolicyRule({
    level: 'RequestResponse',
    verbs: ['create', 'update', 'patch', 'delete'],
    resources: [
      of('user.openshift.io', 'identities'),
      of('oauth.openshift.io', 'oauthaccesstokens', 'oauthauthorizetokens'),
    ],
  })
  switch (profile) {
    case 'None':
      return [auditPolicyRule({ level: 'None' })]
    case 'Default':
      return [logins, metadata]
    case 'WriteRequestBodies':
      return [
        logins,
        secret,
        auditPolicyRule({ level: 'RequestResponse', verbs: writes }),
        metadata,
      ]
    case 'AllRequestBodies':
      return [secret, auditPolicyRule({ level: 'RequestResponse' })]
    default:
      return profile satisfies never
  }
}
