import { evaluateAuditPolicy } from '../../src/audit/policy/evaluate.ts'
import { requestOfAccessReview } from '../../src/audit/policy/request.ts'
import {
  type AuditPolicy,
  type AuditPolicyRule,
  type AuditRequest,
  auditPolicyRule,
} from '../../src/audit/policy/types.ts'
import { at } from '../../src/audit/wire.ts'
import { listRecordings, readEvents } from '../support/recordings.ts'
import { leastCpuUs } from './cpu.ts'
import { print } from './figures.ts'

const ruleCount = 50

/** CPU of an evaluated request, as a ratio to `JSON.parse` of the lines that the same requests come in. */
export async function benchPolicyPart(rounds: number): Promise<void> {
  const lines = listRecordings('benign', '.jsonl')
    .flatMap((name) => readEvents(`benign/${name}`))
    .map((raw) => JSON.stringify(accessReviewOf(raw)))
  const requests = lines.map((line) => requestOfAccessReview(JSON.parse(line)))
  const policy = benchPolicy()
  const each = (us: number): number => us / lines.length
  const parse = async (): Promise<number> =>
    each(
      await leastCpuUs(() => {
        for (const line of lines)
          if (typeof JSON.parse(line) !== 'object') throw new Error('no request')
      }, rounds),
    )
  const beforeUs = await parse()
  const evaluateUs = each(await leastCpuUs(() => void evaluated(policy, requests), rounds))
  const wholeUs = each(
    await leastCpuUs(
      () =>
        void evaluated(
          policy,
          lines.map((line) => requestOfAccessReview(JSON.parse(line))),
        ),
      rounds,
    ),
  )
  const afterUs = await parse()
  const parseUs = Math.min(beforeUs, afterUs)
  const looked = evaluated(policy, requests) / requests.length
  print(
    `\nAudit policy of ${ruleCount} rules on ${lines.length} recorded requests, ${looked.toFixed(1)} rules looked at each`,
  )
  print(
    `  JSON.parse of the request   ${parseUs.toFixed(2)} µs CPU a request (${beforeUs.toFixed(2)} before, ${afterUs.toFixed(2)} after)`,
  )
  print(
    `  evaluate                    ${evaluateUs.toFixed(2)} µs, ratio ${(evaluateUs / parseUs).toFixed(2)}`,
  )
  print(
    `  line → decision             ${wholeUs.toFixed(2)} µs, ratio ${(wholeUs / parseUs).toFixed(2)}`,
  )
}

/** How many rules were looked at in all. */
function evaluated(policy: AuditPolicy, requests: readonly AuditRequest[]): number {
  let looked = 0
  for (const request of requests) looked += (evaluateAuditPolicy(policy, request).rule ?? 0) + 1
  return looked
}

function accessReviewOf(raw: Readonly<Record<string, unknown>>): unknown {
  const user = at(raw, 'user')
  const reference = at(raw, 'objectRef')
  const verb = at(raw, 'verb')
  return {
    user: at(user, 'username'),
    groups: at(user, 'groups'),
    ...(reference === undefined
      ? { nonResourceAttributes: { path: at(raw, 'requestURI'), verb } }
      : {
          resourceAttributes: {
            verb,
            namespace: at(reference, 'namespace'),
            group: at(reference, 'apiGroup'),
            version: at(reference, 'apiVersion'),
            resource: at(reference, 'resource'),
            subresource: at(reference, 'subresource'),
            name: at(reference, 'name'),
          },
        }),
  }
}

/** As long policies are, and the worst case of one: hardly a request meets a rule before the last. */
function benchPolicy(): AuditPolicy {
  const four = (text: string): string[] => ['a', 'b', 'c', 'd'].map((end) => text + end)
  const ruleOf = (index: number): AuditPolicyRule => {
    const resources = ['', 'apps', 'example.com'].map((group) => ({
      group,
      resources: ['pods/eviction', '*/scale', ...four(`kinds${index}`)],
      resourceNames: [],
    }))
    const kinds: Partial<AuditPolicyRule>[] = [
      { users: four(`system:serviceaccount:team-${index}:`), resources },
      { userGroups: four(`system:serviceaccounts:team-${index}-`), verbs: ['get', 'list'] },
      { verbs: ['get', 'list', 'watch', 'create', 'update', 'patch'], resources },
      { namespaces: four(`team-${index}-`), resources },
      { nonResourceURLs: four(`/team-${index}/`).map((path) => `${path}*`) },
    ]
    return auditPolicyRule({ level: 'None', ...kinds[index % kinds.length] })
  }
  const before = Array.from({ length: ruleCount - 1 }, (_, index) => ruleOf(index))
  return {
    rules: [...before, auditPolicyRule({ level: 'Metadata' })],
    omitStages: ['RequestReceived'],
    omitManagedFields: true,
  }
}
