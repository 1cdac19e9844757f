import { createRandom, type Random } from './random.ts'

/** A rule file of its own, as a repository of rules holds them. */
export interface GeneratedRuleFile {
  readonly path: string
  readonly text: string
}

/** Rules are about changes first, and rarely about reads. */
const verbs = [
  ...['create', 'create', 'create', 'patch', 'patch', 'update', 'update', 'delete', 'delete'],
  ...['deletecollection', 'list'],
]
/** Without those that controllers write all day long. */
const resources = [
  ...['pods', 'secrets', 'configmaps', 'serviceaccounts', 'services', 'namespaces'],
  ...['persistentvolumes', 'persistentvolumeclaims', 'replicationcontrollers', 'deployments'],
  ...['daemonsets', 'statefulsets', 'jobs', 'cronjobs', 'roles', 'rolebindings', 'clusterroles'],
  ...['clusterrolebindings', 'networkpolicies', 'ingresses', 'mutatingwebhookconfigurations'],
  ...['validatingwebhookconfigurations', 'apiservices', 'customresourcedefinitions'],
  ...['certificatesigningrequests', 'poddisruptionbudgets'],
]
const subresources = [
  'exec',
  'attach',
  'portforward',
  'proxy',
  'log',
  'token',
  'status',
  'scale',
  'binding',
  'eviction',
  'approval',
  'ephemeralcontainers',
]
const namespaces = [
  'kube-system',
  'default',
  'kube-public',
  'shop',
  'payments',
  'monitoring',
  'ingress-nginx',
  'cert-manager',
]
const agents = [
  ...['curl/', 'Wget', 'python-requests', 'peirates', 'kube-hunter', 'nmap', 'kubeletctl'],
  ...['masscan', 'sqlmap', 'node-fetch', 'httpie', 'powershell', 'kubesploit', 'zgrab'],
]
const commands = [
  '/bin/bash',
  '/bin/sh',
  'nsenter',
  'chroot',
  'mount',
  'base64',
  '%2Fdev%2Ftcp',
  'wget',
  'curl',
  'nc+-e',
  '%2Fetc%2Fshadow',
  'xmrig',
  'docker.sock',
  'id_rsa',
  'history+-c',
  'chmod+777',
]
const words = [
  'amber',
  'basil',
  'cedar',
  'delta',
  'ember',
  'fjord',
  'grove',
  'heron',
  'indigo',
  'juniper',
  'krill',
  'larch',
  'maple',
  'nutmeg',
  'onyx',
  'pine',
  'quartz',
  'raven',
  'sable',
  'tulip',
]
const levels = ['low', 'medium', 'high', 'critical']

/**
 * Rules of the shape that public repositories have, over fields that every evaluator reads by a dotted path: equality on
 * verb, resource and subresource; lists searched in requestURI and userAgent; a few regular expressions; filters behind
 * `not`. As with theirs, most of what a rule is about is rare in traffic. The same count and seed give the same files, and
 * a smaller count gives the first of them.
 */
export function generateRuleFiles(count: number, seed = 1): GeneratedRuleFile[] {
  return Array.from({ length: count }, (_, number) => {
    const random = createRandom(seed, number)
    return {
      path: `generated/${String(number).padStart(5, '0')}.yml`,
      text: ruleText(number, random),
    }
  })
}

type Selection = Readonly<Record<string, string | number | readonly string[]>>

function ruleText(number: number, random: Random): string {
  const detection = pick(shapes, random)(random)
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
  // JSON is YAML: nothing needs quoting rules of its own.
  return [
    `title: Generated rule ${number}`,
    `id: ${id}`,
    'status: test',
    `level: ${pick(levels, random)}`,
    'logsource: { product: kubernetes, service: audit }',
    `detection: ${JSON.stringify(detection)}`,
    '',
  ].join('\n')
}

/** One in fourteen each; what stands twice is as frequent in repositories. */
const shapes: readonly ((random: Random) => Readonly<Record<string, Selection | string>>)[] = [
  (random) => ({ selection: target(random), condition: 'selection' }),
  (random) => ({
    selection: { ...target(random), 'objectRef.namespace': namespace(random) },
    condition: 'selection',
  }),
  (random) => ({
    selection: target(random),
    filter_controllers: {
      'user.username|startswith': ['system:node:', 'system:serviceaccount:kube-system:'],
    },
    condition: 'selection and not filter_controllers',
  }),
  (random) => ({
    selection: { ...target(random), 'objectRef.subresource': pick(subresources, random) },
    filter: { 'user.username': ['system:apiserver', user(random)] },
    condition: 'selection and not filter',
  }),
  (random) => ({
    selection: {
      verb: ['create', 'get'],
      'objectRef.resource': 'pods',
      'objectRef.subresource': 'exec',
      'requestURI|contains': several(commands, random),
    },
    condition: 'selection',
  }),
  (random) => ({
    selection: { 'requestURI|contains': [...several(commands, random), word(random)] },
    condition: 'selection',
  }),
  (random) => ({
    selection: { 'requestURI|contains|all': [`/namespaces/${word(random)}`, `/${word(random)}`] },
    condition: 'selection',
  }),
  (random) => ({
    selection: { 'userAgent|contains': [agentOf(random), agentOf(random)] },
    condition: 'selection',
  }),
  (random) => ({
    selection: {
      'userAgent|startswith': several(agents, random),
      'objectRef.resource': resource(random),
    },
    filter_refused: { 'responseStatus.code': [401, 403].map(String) },
    condition: 'selection and not filter_refused',
  }),
  (random) => ({
    selection: { 'user.username': [user(random), user(random)] },
    condition: 'selection',
  }),
  (random) => ({
    selection: {
      'user.username|startswith': 'system:serviceaccount:',
      'objectRef.resource': resource(random),
      verb: several(verbs, random),
    },
    filter_own: { 'objectRef.namespace': namespace(random) },
    condition: 'selection and not filter_own',
  }),
  (random) => ({
    selection: { 'responseStatus.code': 403, ...target(random) },
    condition: 'selection',
  }),
  (random) => ({
    selection_uri: {
      'requestURI|re': `/${word(random)}/[a-z0-9-]+/(?:${word(random)}|${word(random)})`,
    },
    selection_name: { 'objectRef.name|endswith': `-${word(random)}` },
    condition: '1 of selection_*',
  }),
  (random) => ({
    selection: {
      'objectRef.name|startswith': [word(random), word(random)],
      'objectRef.resource': several(resources, random),
    },
    condition: 'selection',
  }),
]

function target(random: Random): Selection {
  return { verb: several(verbs, random), 'objectRef.resource': resource(random) }
}

/** Two thirds are of custom resources, as controllers bring them. */
function resource(random: Random): string {
  return random() < 0.34 ? pick(resources, random) : `${word(random)}s`
}

function namespace(random: Random): string {
  return random() < 0.5 ? pick(namespaces, random) : word(random)
}

function user(random: Random): string {
  return random() < 0.3
    ? `system:serviceaccount:${namespace(random)}:${word(random)}`
    : word(random)
}

function agentOf(random: Random): string {
  return random() < 0.2 ? pick(agents, random) : word(random)
}

function word(random: Random): string {
  return `${pick(words, random)}${pick(words, random)}${Math.floor(random() * 40)}`
}

function several(list: readonly string[], random: Random): string[] {
  const count = 1 + Math.floor(random() * 4)
  return [...new Set(Array.from({ length: count }, () => pick(list, random)))]
}

function pick<T>(list: readonly T[], random: Random): T {
  // The lists above are not empty.
  return list[Math.floor(random() * list.length)]!
}
