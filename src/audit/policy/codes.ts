/** What a policy file can be refused for, or read otherwise than it says, and what to do. */
export const loadCodes = {
  'json.syntax': {
    severity: 'error',
    meaning: 'A file that begins with `{` is no JSON.',
    remedy: 'Correct it at the place named; such a file is never read as YAML.',
  },
  'yaml.syntax': {
    severity: 'error',
    meaning: 'The file is no YAML.',
    remedy: 'Correct it at the place named.',
  },
  'yaml.control': {
    severity: 'error',
    meaning: 'A control character.',
    remedy: 'Remove it; the file has to be plain UTF-8 text.',
  },
  'yaml.tab': {
    severity: 'error',
    meaning: 'A tab where spaces indent.',
    remedy: 'Put spaces there.',
  },
  'yaml.merge': {
    severity: 'error',
    meaning: 'A merge key (`<<`) with something else than maps.',
    remedy: 'Write the fields out.',
  },
  'yaml.alias': {
    severity: 'error',
    meaning: 'An alias without an anchor, of itself, or that expands to too much.',
    remedy: 'Write the values out.',
  },
  'yaml.key': {
    severity: 'error',
    meaning: 'A key that is no text.',
    remedy: 'Name a field of an audit policy.',
  },
  'yaml.number': {
    severity: 'error',
    meaning: 'A number that JSON lacks, such as `.inf`.',
    remedy: 'Put it in quotes.',
  },
  'yaml.tag': {
    severity: 'error',
    meaning: 'A value that does not fit its YAML tag.',
    remedy: 'Remove the tag.',
  },
  'yaml.secondDocument': {
    severity: 'warning',
    meaning: 'More than one document; the API server reads the first only.',
    remedy: 'Remove the others, or put their rules into the first.',
  },
  'policy.tooLarge': {
    severity: 'error',
    meaning: 'More than 2 Mi characters.',
    remedy: 'Name the audit policy; none is that long.',
  },
  'policy.kubernetesVersion': {
    severity: 'error',
    meaning: 'A Kubernetes version whose audit policies are not known.',
    remedy: 'Give 1.29 to 1.37.',
  },
  'policy.kind': {
    severity: 'error',
    meaning: 'Not `apiVersion: audit.k8s.io/v1` and `kind: Policy`.',
    remedy: 'Begin the file with both.',
  },
  'policy.type': {
    severity: 'error',
    meaning: 'A value of another type than the field has.',
    remedy: 'Give what the message says; quotes make a text.',
  },
  'policy.noRules': {
    severity: 'error',
    meaning: 'An audit policy without rules.',
    remedy: 'Add one, such as `- level: Metadata`.',
  },
  'policy.level': {
    severity: 'error',
    meaning: 'A rule without a level, or with one that there is not.',
    remedy: 'Use None, Metadata, Request or RequestResponse, with these capitals.',
  },
  'policy.nonResourceURL': {
    severity: 'error',
    meaning: 'A path that does not begin with `/`, or has `*` elsewhere than at its end.',
    remedy: 'Write `/path`, `/path*` or `*`.',
  },
  'policy.mixedRule': {
    severity: 'error',
    meaning: 'A rule with paths and with resources or namespaces.',
    remedy: 'Make two rules of it.',
  },
  'policy.group': {
    severity: 'error',
    meaning: 'What is no API group; `*` is one since Kubernetes 1.36.',
    remedy: 'Leave the version out (`apps`, not `apps/v1`), and write the group out in lower case.',
  },
  'policy.resourceNames': {
    severity: 'error',
    meaning: 'Names without the resources that have them.',
    remedy: 'Add `resources`.',
  },
  'policy.stage': {
    severity: 'error',
    meaning: 'A stage that there is not.',
    remedy: 'Use RequestReceived, ResponseStarted, ResponseComplete or Panic.',
  },
  'policy.unknownField': {
    severity: 'warning',
    meaning:
      'A field that the API server does not know and drops: the rule matches more than it says.',
    remedy: 'Correct its name or its indentation, or remove it.',
  },
  'policy.repeatedField': {
    severity: 'warning',
    meaning: 'A field that was there already; the API server takes the last one.',
    remedy: 'Make one of them.',
  },
} as const satisfies Readonly<Record<string, PolicyCode>>

/** How a kind of problem is explained in the documentation. */
export interface PolicyCode {
  readonly severity: 'error' | 'warning'
  readonly meaning: string
  readonly remedy: string
}

export type LoadCode = keyof typeof loadCodes
