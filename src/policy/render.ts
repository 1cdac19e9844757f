import type { AuditPolicyRule } from '../audit/policy/types.ts'
import type { GeneratedPolicy } from './generate.ts'

export interface RenderOptions {
  /** How it was made: the command. */
  readonly madeBy: string
  readonly kubernetesVersion: string
}

/** The audit policy as a file, with comments. The same policy gives the same text. */
export function renderPolicy(generated: GeneratedPolicy, options: RenderOptions): string {
  const { omitStages, omitManagedFields, rules } = generated.policy
  return [
    ...headerOf(generated, options).map((line) => (line === '' ? '#' : `# ${line}`)),
    'apiVersion: audit.k8s.io/v1',
    'kind: Policy',
    ...(omitStages.length === 0 ? [] : [`omitStages: ${list(omitStages)}`]),
    ...(omitManagedFields ? ['omitManagedFields: true'] : []),
    'rules:',
    ...rules.flatMap((rule, index) => [
      ...(generated.comments[index] ?? []).map((line) => `  # ${line}`),
      ...linesOf(rule),
    ]),
    '',
  ].join('\n')
}

function headerOf(
  { unfed, policy }: GeneratedPolicy,
  { madeBy, kubernetesVersion }: RenderOptions,
): string[] {
  return [
    `Audit policy for Kubernetes ${kubernetesVersion}, made by: ${madeBy}`,
    'The first rule that matches a request decides; `x/*` is x and all its subresources.',
    '',
    'Flags of the API server that go with it:',
    '  --audit-policy-file=FILE --audit-webhook-config-file=FILE',
    '  --audit-webhook-batch-max-wait=2s (1 to 5 s; the default of 30 s delays every alert)',
    ...(policy.omitManagedFields
      ? [
          '  --audit-webhook-truncate-enabled (without it one body that cannot be encoded loses a whole batch before 1.37)',
        ]
      : []),
    '  --audit-log-path=FILE --audit-log-maxage=30 --audit-log-maxbackup=10 --audit-log-maxsize=100 (CIS 1.2.16 to 1.2.19)',
    ...(unfed.length === 0
      ? ['', 'It feeds every rule that it was made for.']
      : [
          '',
          'Rules that it does not feed wholly:',
          ...unfed.flatMap(({ rule, status, missing }) => [
            `  ${rule.name ?? rule.title}, ${status}: ${missing[0] ?? ''}${missing.length > 1 ? `, and ${missing.length - 1} more` : ''}`,
          ]),
        ]),
  ]
}

function linesOf(rule: AuditPolicyRule): string[] {
  const { level, users, userGroups, verbs, resources, namespaces, nonResourceURLs, omitStages } =
    rule
  const lists = { users, userGroups, verbs, namespaces, nonResourceURLs, omitStages }
  return [
    `  - level: ${level}`,
    ...Object.entries(lists).flatMap(([key, texts]) =>
      texts.length === 0 ? [] : [`    ${key}: ${list(texts)}`],
    ),
    ...(resources.length === 0 ? [] : ['    resources:']),
    ...resources.flatMap(({ group, resources: names, resourceNames }) => [
      `      - group: ${JSON.stringify(group)}`,
      ...(names.length === 0 ? [] : [`        resources: ${list(names)}`]),
      ...(resourceNames.length === 0 ? [] : [`        resourceNames: ${list(resourceNames)}`]),
    ]),
  ]
}

function list(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(', ')}]`
}
