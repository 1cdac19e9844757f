import { stringify } from 'yaml'
import { createRandom, type Random } from '../../support/random.ts'

/** An audit policy file, perhaps a broken one, and requests to put to it. */
export interface PolicyCase {
  readonly policy: string
  readonly requests: readonly object[]
}

const users = [
  'alice',
  'bob',
  '',
  'system:anonymous',
  'system:serviceaccount:ci:deployer',
  '*',
  'system:serviceaccount:ci:*',
]
const groups = [
  'system:authenticated',
  'system:masters',
  'developers',
  'system:nodes',
  '',
  '*',
  'system:unauthenticated',
]
const verbs = [
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
  '',
  '*',
  'brew',
  'GET',
]
const apiGroups = ['', 'apps', 'rbac.authorization.k8s.io', 'metrics.k8s.io', 'example.com']
const badGroups = ['*', 'apps/v1', '*.k8s.io', 'Apps', 'a..b', '-a', 'a'.repeat(254), 'a_b']
const resources = ['pods', 'secrets', 'deployments', 'nodes', '', 'namespaces']
const subresources = ['', '', 'log', 'exec', 'status', 'scale', '*']
const resourceTexts = [
  'pods',
  'pods/log',
  'pods/*',
  '*',
  '*/log',
  '*/*',
  'pods/l*',
  'po*',
  '',
  '/',
  '/*',
  '*/',
  'secrets',
  'deployments/scale',
  '*/status',
  'pods/',
  'nodes/*',
  'pods/log/*',
  '**',
  '*/exec',
]
const namespaces = ['default', 'kube-system', '', '*', 'ci']
const names = ['a', 'b', '', '*', 'web-0']
const urls = [
  '/healthz',
  '/healthz*',
  '/healthz/*',
  '/api*',
  '/',
  '*',
  '/*',
  '/metrics',
  '/logs/*',
  '/apis/apps/v1',
]
const badUrls = ['', 'logs', '/a/**', '/a/*/b', '**', 'a*', '*/a', '/**']
const paths = [
  '/healthz',
  '/healthz/etcd',
  '/api',
  '/apis',
  '/apis/apps/v1',
  '/',
  '',
  '*',
  '/metrics',
  '/logs/x',
  '/healthz*',
  'logs',
  '/healthzz',
  '/version',
]
const levels = ['None', 'Metadata', 'Request', 'RequestResponse']
const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic']

/** The same seed gives the same case. */
export function generateCase(seed: number): PolicyCase {
  const random = createRandom(7, seed)
  const policy = randomPolicy(random)
  if (random() < 0.3) damage(policy, random)
  const text = random() < 0.12 ? JSON.stringify(policy) : asYaml(policy, random)
  const requests = Array.from({ length: 12 }, () => randomRequest(random))
  return { policy: random() < 0.25 ? mangle(text, random) : text, requests }
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[Math.floor(random() * list.length)]!
}

function some<T>(list: readonly T[], random: Random, most = 3): T[] {
  return Array.from({ length: Math.floor(random() * (most + 1)) }, () => pick(list, random))
}

function maybe(
  chance: number,
  random: Random,
  key: string,
  make: () => unknown,
): Record<string, unknown> {
  return random() < chance ? { [key]: make() } : {}
}

function randomPolicy(random: Random): Record<string, unknown> {
  return {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    ...maybe(0.2, random, 'metadata', () => ({ name: 'test', labels: { a: 'b' } })),
    ...maybe(0.3, random, 'omitStages', () => some(stages, random)),
    ...maybe(0.2, random, 'omitManagedFields', () => random() < 0.5),
    rules: Array.from({ length: 1 + Math.floor(random() * 6) }, () => randomRule(random)),
  }
}

function randomRule(random: Random): Record<string, unknown> {
  const isBad = random() < 0.04
  const kind = random()
  return {
    level: pick(levels, random),
    ...maybe(0.25, random, 'users', () => some(users, random)),
    ...maybe(0.25, random, 'userGroups', () => some(groups, random)),
    ...maybe(0.3, random, 'verbs', () => some(verbs, random, 5)),
    ...(kind < 0.6
      ? maybe(0.85, random, 'resources', () =>
          some([0, 1, 2], random).map(() => randomResources(random)),
        )
      : {}),
    ...(kind < 0.6 ? maybe(0.3, random, 'namespaces', () => some(namespaces, random)) : {}),
    ...(kind > 0.6 && kind < 0.85 ? { nonResourceURLs: some(isBad ? badUrls : urls, random) } : {}),
    ...maybe(0.2, random, 'omitStages', () => some(stages, random)),
    ...maybe(0.2, random, 'omitManagedFields', () => random() < 0.5),
  }
}

function randomResources(random: Random): Record<string, unknown> {
  return {
    ...maybe(0.85, random, 'group', () => pick(random() < 0.06 ? badGroups : apiGroups, random)),
    resources: [pick(resourceTexts, random), ...some(resourceTexts, random, 4)],
    ...maybe(0.25, random, 'resourceNames', () => some(names, random)),
  }
}

function randomRequest(random: Random): object {
  const user = random() < 0.88 ? { user: pick(users, random), groups: some(groups, random) } : {}
  if (random() < 0.25)
    return {
      ...user,
      nonResourceAttributes: { path: pick(paths, random), verb: pick(verbs, random) },
    }
  const resourceAttributes = {
    namespace: pick(namespaces, random),
    verb: pick(verbs, random),
    group: pick(apiGroups, random),
    version: 'v1',
    resource: pick(resources, random),
    subresource: pick(subresources, random),
    name: pick(names, random),
  }
  return { ...user, resourceAttributes }
}

const oddValues: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1,
  -1.5,
  1e30,
  '',
  'x',
  'None',
  [],
  {},
  [null],
  ['x', null],
  [1],
  [[]],
  { a: 1 },
  '2026-01-31T12:00:00Z',
]
const metadataFields = [
  'name',
  'labels',
  'annotations',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'ownerReferences',
  'finalizers',
  'managedFields',
  'uid',
  'other',
  'deletionGracePeriodSeconds',
]
const ruleFields = [
  'level',
  'users',
  'userGroups',
  'verbs',
  'resources',
  'namespaces',
  'nonResourceURLs',
  'omitStages',
  'omitManagedFields',
  'Level',
  'verb',
  'resource',
]

/** One thing that is wrong, or looks wrong. */
function damage(policy: Record<string, unknown>, random: Random): void {
  const rules = policy['rules'] as Record<string, unknown>[]
  const rule = pick(rules, random)
  const odd = pick(oddValues, random)
  const entry = (rule['resources'] as Record<string, unknown>[] | undefined)?.[0]
  const edits: readonly (() => void)[] = [
    () => {
      rule[pick(ruleFields, random)] = odd
    },
    () => {
      rule[pick(ruleFields, random)] = odd
    },
    () => {
      rule['level'] = pick(['metadata', '', 'FooBar', null, 'NONE', ' None'], random)
    },
    () => {
      rule['omitStages'] = [pick(['foo', '', 'Panic', 'panic'], random)]
    },
    () => void delete rule['level'],
    () => void delete policy[pick(['kind', 'apiVersion', 'rules'], random)],
    () => {
      policy['kind'] = pick(
        ['policy', 'PolicyList', 'Event', 'EventList', '', null, 1, 'Status', []],
        random,
      )
    },
    () => {
      policy['apiVersion'] = pick(
        [
          'audit.k8s.io/v1beta1',
          'v1',
          '',
          'audit.k8s.io/',
          'audit.k8s.io/v1/x',
          'audit.k8s.io/__internal',
          'apps/v1',
          null,
          1,
          '/v1',
          '/',
        ],
        random,
      )
    },
    () => {
      policy['metadata'] = random() < 0.2 ? odd : { [pick(metadataFields, random)]: odd }
    },
    () => {
      policy['metadata'] = {
        ownerReferences: [{ [pick(['name', 'controller', 'x'], random)]: odd }],
      }
    },
    () => {
      policy['metadata'] = {
        managedFields: [{ [pick(['time', 'fieldsV1', 'manager'], random)]: odd }],
      }
    },
    () => {
      policy['metadata'] = { labels: { a: odd } }
    },
    () => {
      policy[
        pick(
          ['rules', 'omitStages', 'omitManagedFields', 'unknown', 'Kind', 'APIVersion', 'Rules'],
          random,
        )
      ] = odd
    },
    () => {
      policy['Kind'] = pick(['Policy', 'x'], random)
    },
    () => {
      policy['rules'] = [...rules, odd]
    },
    () => {
      policy['rules'] = []
    },
    () => {
      if (entry !== undefined)
        entry[pick(['group', 'resources', 'resourceNames', 'verbs', 'name'], random)] = odd
    },
    () => {
      if (entry !== undefined) entry['resources'] = []
    },
    () => {
      rule['namespaces'] = ['default']
    },
    () => {
      rule['nonResourceURLs'] = [pick([...urls, ...badUrls], random)]
    },
  ]
  pick(edits, random)()
}

function asYaml(policy: object, random: Random): string {
  return stringify(policy, {
    version: '1.1',
    collectionStyle: random() < 0.15 ? 'flow' : random() < 0.5 ? 'block' : 'any',
    indentSeq: random() < 0.5,
    defaultStringType: pick(['PLAIN', 'PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE'] as const, random),
    lineWidth: 0,
  })
}

const scalars = [
  'yes',
  'no',
  'on',
  'off',
  'y',
  'n',
  '~',
  'null',
  'Null',
  '1',
  '0x1F',
  '010',
  '08',
  '1_000',
  '0b11',
  '0o17',
  '1e3',
  '1.',
  '.5',
  '.inf',
  '.nan',
  '-.inf',
  '2026-01-31',
  '12:30',
  '!!str 1',
  '!!int x',
  '!!binary YQ==',
  '!!binary x',
  '!foo x',
  '"\\u0041"',
  "'it''s'",
  '+1',
  '-0',
  '18446744073709551615',
  '18446744073709551616',
  '!!bool yes',
  '!!float 1',
  '!!null ""',
  '<<',
  '=',
  'True',
  'FALSE',
  '&x a',
  '*x',
  '|\n    a\n',
  '>-\n    a\n    b\n',
  '? a',
  '- a',
  '{a: b}',
  '[a, b]',
  '@a',
  '`a',
  '%a',
  'a: b',
  'a #b',
  '#b',
]

/** One change in the text. */
function mangle(text: string, random: Random): string {
  const lines = text.split('\n')
  const at = Math.floor(random() * lines.length)
  const line = lines[at]!
  const replaceLine = (...by: readonly string[]): string => lines.toSpliced(at, 1, ...by).join('\n')
  const edits: readonly (() => string)[] = [
    () => replaceLine(line, line),
    () => replaceLine(),
    () => replaceLine(`\t${line}`),
    () => replaceLine(` ${line}`),
    () => replaceLine(line.replace(/^( *)/, '$1\t')),
    () =>
      replaceLine(
        line.replace(/(: |- )\S.*$/, (_all, lead: string) => `${lead}${pick(scalars, random)}`),
      ),
    () =>
      replaceLine(
        line.replace(/(: |- )\S.*$/, (_all, lead: string) => `${lead}${pick(scalars, random)}`),
      ),
    () =>
      replaceLine(
        line.replace(/(: |- )\S.*$/, (_all, lead: string) => `${lead}${pick(scalars, random)}`),
      ),
    () =>
      replaceLine(
        line.replace(
          /^( *(?:- )?)(\w+):/,
          (_all, lead: string) => `${lead}${pick(scalars, random)}:`,
        ),
      ),
    () => `${text}---\n${text}`,
    () => `---\n${text}...\n`,
    () => `%YAML 1.1\n---\n${text}`,
    () => `${text}---\n: [`,
    () => `# a comment\n\n${text}`,
    () => `\ufeff${text}`,
    () => text.replaceAll('\n', '\r\n'),
    () => text.slice(0, Math.floor(random() * text.length)),
    () => `${text}x: &a [1]\ny: *a\nz: *b\n`,
    () => `${text}x: &a {rules: [{level: None}]}\n<<: *a\n`,
    () => `x: &a {rules: [{level: None}]}\n<<: *a\n${text}`,
    () => `x: &a {omitStages: [Panic]}\n<<: [*a, {omitManagedFields: true}]\n${text}`,
    () => `x: &a\n  b: *a\n${text}`,
    () => `${text}? [a]\n: b\n`,
    () => `${text}~: b\n`,
    () => `${text}1: b\n`,
    () => `${text}x: .nan\n`,
    () => `${text}apiVersion: audit.k8s.io/v1\n`,
    () => `${text}rules: [{}]\n`,
    () =>
      text.replace(
        '"rules":',
        '"rules":[{"level":"None","users":["alice"]},{"verbs":["get"],"level":"Request"}],"rules":',
      ),
    () => text.replace('{', ' {'),
    () => text.replaceAll('level', pick(['Level', '"level"', 'level '], random)),
    () => '',
    () => pick(['null', '[]', 'x', '- a', '{}', '{', '---', '# a'], random),
    () => lines.map((each) => (each === '' ? each : `  ${each}`)).join('\n'),
    () =>
      line.trim() === ''
        ? `${text}\u0001`
        : replaceLine(
            `${line}${pick(['\u0001', '\u0085', '\u00a0', '\u2028', '"', "'", ']', '}', ',', ':', ' #', '&a', '*a'], random)}`,
          ),
  ]
  return pick(edits, random)()
}
