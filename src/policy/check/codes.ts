import type { PolicyCode } from '../../audit/policy/codes.ts'

/** What surely is not meant by a policy that the API server would load, and what to do. */
export const checkCodes = {
  'policy.tooManyRules': {
    severity: 'warning',
    meaning:
      'More than 1,000 combinations of rules and resources: nothing else in this table was looked for.',
    remedy:
      'Name groups of users instead of each user, and groups of resources instead of each resource.',
  },
  'policy.unreachable': {
    severity: 'warning',
    meaning: 'Every request that the rule matches meets an earlier rule, which decides.',
    remedy: 'Remove the rule, or put it before those named.',
  },
  'policy.literalWildcard': {
    severity: 'warning',
    meaning:
      'A `*` where it stands for itself: in users, groups, verbs, namespaces and names, or in a part of a resource.',
    remedy: 'Leave the field out to match all, or write the values out.',
  },
  'policy.noSuchVerb': {
    severity: 'warning',
    meaning: 'A verb that no request has: one of RBAC only, or in capitals.',
    remedy: 'Name the verbs of requests: exec is `create` or `get` of `pods/exec`.',
  },
  'policy.noSuchResource': {
    severity: 'warning',
    meaning: 'A resource that a group of Kubernetes itself does not have in 1.29 to 1.37.',
    remedy: 'Name the group that has it, and the resource in plural and lower case.',
  },
  'policy.secretBodies': {
    severity: 'warning',
    meaning:
      'Secrets, ConfigMaps, TokenReviews or tokens of service accounts above Metadata: the log then holds live credentials.',
    remedy: 'Put a rule with `level: Metadata` for them before the rule.',
  },
  'policy.sessionsDropped': {
    severity: 'warning',
    meaning: 'exec, attach, port-forward or proxy are not recorded.',
    remedy: 'Put a rule with `level: Metadata` for them before the rule.',
  },
  'policy.responseStartedOmitted': {
    severity: 'warning',
    meaning:
      'Without `ResponseStarted`, requests that fail to authenticate are not recorded, and sessions only when they end.',
    remedy: 'Omit `RequestReceived` only.',
  },
  'policy.failedLoginsDropped': {
    severity: 'warning',
    meaning:
      'No rule records requests that fail to authenticate; those have no user and match no rule with users or groups.',
    remedy: 'End with `- level: Metadata`, and give rules that drop requests users or groups.',
  },
  'policy.probingDropped': {
    severity: 'warning',
    meaning:
      'Discovery (`/api`, `/apis`, `/openapi`) by anonymous clients is dropped: strangers look around there first.',
    remedy: 'Take these paths out of the rule, or limit it by users or groups of the cluster.',
  },
  'policy.managedFields': {
    severity: 'warning',
    meaning: 'Bodies are recorded with their managed fields, often half of a body.',
    remedy: 'Set `omitManagedFields: true`.',
  },
  'policy.poisonPatch': {
    severity: 'warning',
    meaning:
      'Before 1.37 one PATCH body that is no JSON makes a whole batch of up to 400 events unencodable, and they are lost.',
    remedy:
      'Start the API server with `--audit-webhook-truncate-enabled` (or `--audit-log-truncate-enabled`) and name the flag in a comment of the file, or record patches at Metadata.',
  },
  'policy.cisStig': {
    severity: 'warning',
    meaning:
      'CIS 3.2.2 wants secrets at Metadata only, DISA STIG V-242403 wants RequestResponse for everything: the policy meets one and not the other.',
    remedy: 'Choose, and name `V-242403` in a comment of the file with the reason.',
  },
} as const satisfies Readonly<Record<string, PolicyCode>>

export type CheckCode = keyof typeof checkCodes
