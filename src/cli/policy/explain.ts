import type { Command } from 'commander'
import type { AccessReviewSpec } from '../../audit/access-review.ts'
import { requestOfAccessReview } from '../../audit/policy/request.ts'
import type { AuditGroupResources, AuditPolicy, AuditRequest } from '../../audit/policy/types.ts'
import { KubewitnessError } from '../../errors.ts'
import { type Explanation, explainAuditDecision, type RequestValue } from '../../policy/explain.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import { type OutputOptions, outputOption, writeRecord } from '../output.ts'
import { parseRequest, readRequests } from '../requests.ts'
import { clean, tableText } from '../table-text.ts'
import { type KubernetesVersionOptions, kubernetesVersionOption } from './kubernetes-version.ts'
import { readPolicyFile } from './read.ts'

interface ExplainOptions extends OutputOptions, KubernetesVersionOptions {
  readonly policy: string
  readonly requests?: string
}

/** `kubewitness policy explain`: the rule that a request meets, and why not the ones before. */
export function explainCommand(
  policy: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  policy
    .command('explain')
    .description('tell which rule of an audit policy a request meets, and why not the ones before')
    .argument('[request]', 'the spec of a SubjectAccessReview as JSON')
    .requiredOption('--policy <file>', 'an audit policy (audit.k8s.io/v1)')
    .option('--requests <file>', 'such a request on each line; - is standard input')
    .addOption(kubernetesVersionOption())
    .addOption(outputOption())
    .action(async (request: string | undefined, options: ExplainOptions) =>
      finish(await explain(request, options, context)),
    )
}

async function explain(
  request: string | undefined,
  options: ExplainOptions,
  context: CliContext,
): Promise<ExitCode> {
  if ((request === undefined) === (options.requests === undefined))
    throw new KubewitnessError('usage.invalid', 'give one request, or a file of them', {
      next: 'name the file by --requests, or put the request as JSON between quotes',
    })
  const policy = await readPolicyFile(options.policy, options, context)
  for await (const spec of specsOf(request, options, context)) {
    const asked = requestOfAccessReview(spec)
    const explanation = explainAuditDecision(policy, asked)
    const { decision, before } = explanation
    if (options.output === 'table')
      await write(context.stdout, forPeople(policy, asked, explanation))
    else await writeRecord(options.output, { ...decision, before }, context)
  }
  return exitCodes.done
}

async function* specsOf(
  request: string | undefined,
  { requests = '-' }: ExplainOptions,
  context: CliContext,
): AsyncGenerator<AccessReviewSpec, void, undefined> {
  if (request !== undefined) yield parseRequest(request, 'the request').spec
  else for await (const { spec } of readRequests(requests, context)) yield spec
}

function forPeople(
  { rules }: AuditPolicy,
  request: AuditRequest,
  { decision, before }: Explanation,
): string {
  const { level, rule, omitStages } = decision
  const by = rule === null ? 'no rule matches' : `by rules[${rule}]`
  const without =
    level === 'None' || omitStages.length === 0 ? '' : ` without ${omitStages.join(', ')}`
  const rows = before.map(({ rule: index, field, wants, has }) => [
    `rules[${index}]`,
    rules[index]?.level ?? '',
    field,
    wants.map(wantedText).join(' '),
    valueText(has),
  ])
  return [
    `${clean(requestText(request))}: ${level}${without} (${by})\n`,
    rows.length === 0
      ? ''
      : tableText(['BEFORE', 'LEVEL', 'NO MATCH', 'RULE HAS', 'REQUEST HAS'], rows),
    '\n',
  ].join('')
}

function requestText({ user, verb, isResource, path, namespace, ...asked }: AuditRequest): string {
  const { apiGroup, resource, subresource, name } = asked
  const what = isResource
    ? valueText({ group: apiGroup, resource, subresource, name })
    : path || 'no path'
  const where = namespace === '' ? '' : ` in ${namespace}`
  return `${verb || 'no verb'} ${what}${where} by ${user === undefined ? 'a client that failed to authenticate' : user.name}`
}

function valueText(value: RequestValue): string {
  if (value === null) return 'no user'
  if (typeof value === 'string') return value || 'none'
  if ('path' in value) return value.path
  if (!('resource' in value)) return value.join(' ') || 'none'
  const { group, resource, subresource, name } = value
  return `${resourceText(group, subresource === '' ? resource : `${resource}/${subresource}`)}${name === '' ? '' : ` ${name}`}`
}

function wantedText(wanted: string | AuditGroupResources): string {
  if (typeof wanted === 'string') return wanted || '""'
  const { group, resources, resourceNames } = wanted
  const names = resourceNames.length === 0 ? '' : `=${resourceNames.join('|')}`
  return (resources.length === 0 ? ['*'] : resources)
    .map((resource) => resourceText(group, resource) + names)
    .join(' ')
}

/** `pods/exec`, `deployments.apps`, as kubectl names them. */
function resourceText(group: string, resource: string): string {
  const [name = '', ...subresource] = resource.split('/')
  return [group === '' ? name : `${name}.${group}`, ...subresource].join('/')
}
