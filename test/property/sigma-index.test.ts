import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { derivedFields } from '../../src/audit/derived/table.ts'
import { decodeItem, toAuditEvent } from '../../src/audit/event.ts'
import { createBodySplitter } from '../../src/audit/split.ts'
import type { EventBatch, EventRule } from '../../src/contracts.ts'
import { parseRules } from '../../src/sigma/parse.ts'
import { ruleSetOf } from '../detect/support.ts'
import { namesToTry } from '../support/derived-names.ts'
import { matchBatch } from '../support/match-batch.ts'
import { naiveMatches } from '../support/naive-rules.ts'
import { readRecording } from '../support/recordings.ts'

const recordings = [
  'attacks/impersonation.jsonl',
  'attacks/exec-websocket.jsonl',
  'attacks/secret-enumeration.jsonl',
  'special/odd-values.jsonl',
  'special/verbs-and-codes.jsonl',
]

/** Events that no API server sends: what the bytes say and what `JSON.parse` says differ as far as they can. */
const oddItems = [
  '{"verb":"get","verb":"list","stage":"Panic"}',
  String.raw`{"ver\u0062":"get","verb":"list","stage":"Panic"}`,
  String.raw`{"verb":"g\u0065t","stage":"Panic","user":{"username":"al\\ice"}}`,
  '{"verb":["get","list"],"stage":"Panic","responseStatus":{"code":"403"}}',
  '{"verb":"get","stage":"Panic","responseStatus":{"code":4.03e2}}',
  '{"verb":"GET","stage":"panic","objectRef":[{"resource":"secrets"},{"resource":"pods"}]}',
  '{"verb.x":1,"objectRef.resource":"secrets","stage":"Panic","objectRef":{"resource":"pods"}}',
  String.raw`{"stage":"Panic","requestURI":"/api/v1/s\u0065crets?command=sh\u0026x=1","userAgent":"\u212aubelet/v1","objectRef":{"name":"W\u0045B-0"}}`,
  '{"stage":"Panic","requestURI":"/api/v1/namespaces/a/SECRETS","userAgent" : "CURL/8","objectRef":[{"name":"web-1"},{"name":"x"}]}',
  '{"stage":"Panic","userAgent":"\u212aubelet/v1","objectRef":{"name":["web-1"],"n\u00e4me":"web-2"},"requestObject":{"userAgent":"curl/8","name":"kube"}}',
  String.raw`{"stage":"Panic","objectRef":{"n\u0061me":"web-1","resource":"pods"},"userAgent":"a\\\"curl/8","requestURI":"\/api\/v1\/namespaces\/a\/pods\/b"}`,
  '{"verb":null,"stage":"Panic","objectRef":null,"annotations":{"a":{"b":"x"}}}',
  '{"verb":"","stage":"Panic","objectRef":{"apiGroup":"","resource":"SECRETS"},"annotations":null}',
  '{"verb":"\u212Aube","stage":"Panic","user":{"username":""},"annotations":[{"a.b":"x"}]}',
  String.raw`{"verb":"get","stage":"Panic","annotations":{"\u0061.b":"x","k\u00e9y":"y"}}`,
  '{"stage":"Panic","user":{"username":true},"annotations.a.b":"x"}',
  '{"stage":"Panic","userAgent":"KUBELET/v1","user":{"username":"SYSTEM:node:a","groups":["x","System:Masters"]}}',
  String.raw`{"stage":"Panic","userAgent":"kube\u006cet/v1","user":{"username":"system:\u006eode:a","groups":["\u0073ystem:masters"]}}`,
  '{"stage":"Panic","userAgent":["kubelet/v1","curl/8"],"sourceIPs":["10.0.0.1","192.0.2.1"],"user":[{"username":"system:node:a"}]}',
  '{"stage":"Panic","sourceIPs":["10.0.0.01"],"userAgent":"kubelet","user":{"extra":{"authentication":{"kubernetes.io/pod-name":["a"]}}}}',
  '{"stage":"Panic","sourceIPs":["192.0.2.1","10.1.2.3",""],"user":{"extra":{"authentication.kubernetes.io/pod-name":null}}}',
  String.raw`{"stage":"Panic","sourceIPs":["::1"],"annotations":{"authorization.k8s.io/reason":"to Group \"system:authenticated\""}}`,
  String.raw`{"stage":"Panic","sourceIPs":[1],"annotations":{"authorization.k8s.io/reason":"to Group \"system:authenticated\u0022"}}`,
]

const splitBody = createBodySplitter()

function batchOf(bytes: Uint8Array): EventBatch {
  const { bytes: kept, items } = splitBody(bytes)
  return { cluster: 'test', sender: '', receivedAtMs: 0, bytes: kept, index: items }
}

const texts = [
  'get',
  'list',
  'Create',
  'watch',
  'secrets',
  'pods',
  'exec',
  'SECRETS',
  '',
  'x',
  'y',
  'alice',
  'al\\\\ice',
  'kube',
  'true',
  'Panic',
  'ResponseComplete',
  'allow',
  'forbid',
  'system:anonymous',
  'system:node:a',
  'system:masters',
]
const values: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    ...texts,
    200,
    201,
    101,
    403,
    404,
    true,
    null,
    '*',
    '*e*',
    'sec*',
    '4??',
  ),
)
const fields = fc.constantFrom(
  ...[
    'verb',
    'stage',
    'objectRef.apiGroup',
    'objectRef.resource',
    'objectRef.subresource',
    'objectRef',
  ],
  ...[
    'user.username',
    'actor',
    'effectiveUser',
    'impersonatedUser.username',
    'responseStatus.code',
  ],
  ...[
    'annotations.authorization.k8s.io/decision',
    'annotations.a.b',
    'annotations.kéy',
    'userAgent',
    'requestURI',
  ],
)
/** Comparisons that the index knows, and some that only seem so. */
const knownItems = fc.constantFrom<[string, unknown]>(
  ['user.username|startswith', 'system:'],
  ['user.username|startswith', ['system:node:', 'system:serviceaccount:', 'alice']],
  ['actor|startswith', ['system:serviceaccount:kube-system:', 'system:kube-']],
  ['user.username|startswith|cased', 'System:'],
  ['user.username', ['system:*', null]],
  ['auditID', '\\???????-????-4???-????-????????????'],
  ['user.groups', ['system:masters', 'x']],
  ['user.groups|all', ['system:masters', 'system:authenticated']],
  ['user.groups|contains', 'masters'],
  ['userAgent|startswith', ['kubelet/', 'kubectl/', 'curl/']],
  ['userAgent|startswith', 'kube'],
  ['userAgent|contains', ['controller-manager/', 'LET/']],
  ['userAgent|startswith|cased', ['kubelet/', 'Mozilla/']],
  ['userAgent|re', '^kubelet/'],
  ['user.username|fieldref', 'impersonatedUser.username'],
  ['responseStatus.code|gte', 400],
  ['stageTimestamp|hour', 3],
  ['userAgent|re|i', 'KUB(?:elet|ectl)/v1'],
  ['userAgent', ['*let/*', 'cur?/*']],
  ['requestURI|contains', ['secrets', '?command=', 'k\u00e9y', '&x=']],
  ['requestURI|contains|all', ['/namespaces/', '/pods/']],
  ['requestURI|re', '/api/v[0-9]+/namespaces/[a-z-]+/secrets'],
  ['requestURI|endswith|cased', '/Secrets'],
  ['objectRef.name|startswith', ['kube', 'web-', 'a']],
  ['objectRef.name|re', '[0-9]+-?[a-z]{3}$|kube'],
  ['peerIp|cidr', ['10.0.0.0/8', '127.0.0.0/8']],
  ['peerIp|cidr', ['::1/128', '192.0.2.0/24']],
  ['peerIp|exists', true],
  ['claimedIps|exists', true],
  ['claimedIps|exists', false],
  ['auditID', '????????-????-4???-????-????????????'],
  ['user.extra.authentication.kubernetes.io/pod-name|exists', true],
  ['user.extra.authentication.kubernetes.io/pod-name', 'a'],
  ['annotations.authorization.k8s.io/reason|endswith', 'to Group "system:authenticated"'],
  ['annotations.authorization.k8s.io/reason|endswith|cased', 'to Group "system:serviceaccounts"'],
)
/** Derived fields: each value that one can have, that it is there, and that it is not. */
const derivedItems = fc
  .constantFrom(...Object.entries(derivedFields))
  .chain(([name, { values }]) =>
    name.endsWith('.')
      ? fc.constantFrom(...namesToTry(name)).map((rest): [string, unknown] => [name + rest, '*'])
      : fc.oneof(
          fc.boolean().map((isWanted): [string, unknown] => [`${name}|exists`, isWanted]),
          fc
            .subarray([...(values ?? [{ value: '*' }]).map(({ value }) => value)], { minLength: 1 })
            .map((wanted): [string, unknown] => [name, wanted]),
          fc
            .constantFrom(...(values ?? [{ value: 'x' }]))
            .map(({ value }): [string, unknown] => [`${name}|neq`, value]),
          fc.constant<[string, unknown]>([`${name}|fieldref`, 'user.username']),
        ),
  )
/** Selectors of array elements, in rules that say `sigma-version: 3`. */
const arrayItems = fc.constantFrom<[string, unknown]>(
  ['user.groups[any]', 'system:masters'],
  ['user.groups[none]', ['x', 'system:masters']],
  ['user.groups[all]|startswith', 'system:'],
  ['sourceIPs[0]|cidr', '192.0.2.0/24'],
  ['sourceIPs[-1]|neq', '10.0.0.1'],
  ['sourceIPs[all_or_empty]|startswith', '10.'],
  ['objectRef[any]', { resource: 'pods', 'name|exists': false }],
  ['objectRef[any].resource', ['secrets', 'pods']],
  ['user[all]', { username: 'alice', 'groups[any]': 'x' }],
  ['responseStatus[none]', { 'code|gte': 400 }],
  ['verb[0]', 'get'],
)
const items = fc.oneof(
  { weight: 3, arbitrary: arrayItems },
  { weight: 6, arbitrary: knownItems },
  { weight: 6, arbitrary: derivedItems },
  { weight: 6, arbitrary: fc.tuple(fields, fc.array(values, { minLength: 1, maxLength: 3 })) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fields.map((field) => `${field}|all`),
      fc.array(values, { minLength: 2, maxLength: 3 }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fields.map((field) => `${field}|neq`),
      fc.array(values, { minLength: 1, maxLength: 2 }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fields.map((field) => `${field}|exists`),
      fc.boolean(),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fields.map((field) => `${field}|contains`),
      fc.constantFrom('e', 'system', 's'),
    ),
  },
)
const selections: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .array(items, { minLength: 1, maxLength: 3 })
      .map((entries) => Object.fromEntries(entries)),
  },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(['kubectl'], ['secrets', 403]) },
)
const conditions = fc.constantFrom(
  'a',
  'a and b',
  'a or b',
  'a and not b',
  'not a',
  'a and not (b or c)',
  'a and not (b and c)',
  'a and (b or not c)',
  '(a or b) and c',
  'a and b or c',
  '1 of them',
  'all of them',
)

const rules: fc.Arbitrary<readonly EventRule[]> = fc
  .array(fc.record({ a: selections, b: selections, c: selections, condition: conditions }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((detections) => {
    const files = detections.map((detection, number) => ({
      path: `${number}.yml`,
      text: JSON.stringify({
        title: `Rule ${number}`,
        'sigma-version': 3,
        logsource: { product: 'kubernetes' },
        detection,
      }),
    }))
    const parsed = parseRules(files)
    const errors = parsed.problems.filter(({ severity }) => severity === 'error')
    if (errors.length > 0) throw new Error(JSON.stringify(errors))
    return parsed.rules.filter((rule) => rule.kind === 'event')
  })

describe('the index', () => {
  const batches = [
    ...recordings.map((recording) => readRecording(recording)),
    Buffer.from(oddItems.join('\n')),
  ].map(batchOf)

  it('S93 never changes what matches, on recorded and on odd events', () => {
    expect(batches.at(-1)?.index.count).toBe(oddItems.length)
    const eventsOf = batches.map((batch) =>
      Array.from({ length: batch.index.count }, (_, item) =>
        toAuditEvent(decodeItem(batch, item), { cluster: batch.cluster, receivedAtMs: 0 }),
      ),
    )
    let matched = 0
    let skipped = 0
    fc.assert(
      fc.property(rules, (some) => {
        const ruleSet = ruleSetOf(some)
        for (const [number, batch] of batches.entries()) {
          const result = matchBatch(ruleSet, batch)
          const expected = eventsOf[number]!.flatMap((event, item) =>
            naiveMatches(some, event).map((rule) => `${item} ${rule.title}`),
          )
          expect(
            result.matches.map(({ rule, itemNumber }) => `${itemNumber} ${rule.title}`),
          ).toEqual(expected)
          matched += expected.length
          skipped += batch.index.count - result.decoded
        }
      }),
      { numRuns: 150 },
    )
    // Both kinds of outcome have to have been seen, or the comparison says nothing.
    expect(matched).toBeGreaterThan(1000)
    expect(skipped).toBeGreaterThan(1000)
  })
})
