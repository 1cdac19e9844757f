import { stringify } from 'yaml'
import { createRandom, type Random } from '../../support/random.ts'
import { pick, pickOdd, some } from './pick.ts'
import { type GeneratedObject, likelyRequest, randomRequest } from './requests.ts'
import * as words from './words.ts'

/** RBAC manifests, perhaps odd ones, and the specs of access reviews to put to them. */
export interface RbacCase {
  readonly manifests: string
  readonly requests: readonly object[]
}

/** The same seed gives the same case. */
export function generateCase(seed: number): RbacCase {
  const random = createRandom(8, seed)
  const count = 3 + Math.floor(random() * 12)
  const objects = Array.from({ length: count }, () => randomObject(random))
  const requests = Array.from({ length: 16 }, () =>
    random() < 0.7 ? likelyRequest(objects, random) : randomRequest(random),
  )
  if (random() < 0.2) damage(pick(objects, random), random)
  return { manifests: written(objects, random), requests }
}

function maybe(chance: number, random: Random, key: string, make: () => unknown): object {
  return random() < chance ? { [key]: make() } : {}
}

function randomObject(random: Random): Record<string, unknown> & GeneratedObject {
  if (random() < 0.04)
    return {
      apiVersion: 'apps/v1',
      kind: pick(['Deployment', 'Role'], random),
      metadata: { name: 'x' },
    }
  const kind = pick(
    ['Role', 'ClusterRole', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'],
    random,
  )
  const isNamespaced = !kind.startsWith('Cluster')
  const isRole = kind.endsWith('Role')
  const name = isRole ? pickOdd(words.roles, random) : pick(words.bindings, random)
  const isAggregated = kind === 'ClusterRole' && !name.includes('/') && random() < 0.3
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: {
      name,
      ...maybe(isNamespaced ? 0.94 : 0.04, random, 'namespace', () =>
        pickOdd(words.namespaces, random),
      ),
      ...maybe(0.5, random, 'labels', () => randomLabels(random)),
    },
    ...(isAggregated
      ? { aggregationRule: { clusterRoleSelectors: some(3, () => randomSelector(random), random) } }
      : {}),
    ...(isRole
      ? maybe(isAggregated ? 0.2 : 0.95, random, 'rules', () =>
          some(4, () => randomRule(random), random),
        )
      : {
          roleRef: {
            ...maybe(0.6, random, 'apiGroup', () => pickOdd(words.apiGroupsOfRbac, random)),
            kind: pick(isNamespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'], random),
            name: pickOdd(words.roles, random),
          },
          ...maybe(0.97, random, 'subjects', () => some(4, () => randomSubject(random), random)),
        }),
  }
}

function randomLabels(random: Random): object {
  return {
    ...maybe(0.6, random, 'tier', () => pick(['a', 'b', ''], random)),
    ...maybe(0.6, random, 'sum', () => 'yes'),
  }
}

function randomSelector(random: Random): object {
  return {
    ...maybe(0.5, random, 'matchLabels', () => randomLabels(random)),
    ...maybe(0.3, random, 'matchExpressions', () =>
      some(2, () => randomExpression(random), random),
    ),
  }
}

function randomExpression(random: Random): object {
  const operator = pick(['In', 'NotIn', 'Exists', 'DoesNotExist', 'in', ''], random)
  const isRight = random() < 0.9
  const takesValues = operator === 'In' || operator === 'NotIn'
  const values = takesValues === isRight ? ['a', pick(['b', 'yes'], random)] : []
  return { key: pick(['tier', 'sum', 'none'], random), operator, values }
}

function randomRule(random: Random): object {
  const verbs = some(4, () => pickOdd(words.verbs, random), random)
  const isPath = random() < 0.25
  const isMixed = random() < 0.03
  return {
    ...maybe(0.97, random, 'verbs', () => verbs),
    ...(isPath ? { nonResourceURLs: some(3, () => pickOdd(words.urls, random), random) } : {}),
    ...(!isPath || isMixed
      ? {
          ...maybe(0.96, random, 'apiGroups', () =>
            some(3, () => pickOdd(words.apiGroups, random), random),
          ),
          ...maybe(0.97, random, 'resources', () =>
            some(4, () => pickOdd(words.resourceTexts, random), random),
          ),
          ...maybe(0.2, random, 'resourceNames', () =>
            some(3, () => pickOdd(words.names, random), random),
          ),
        }
      : {}),
  }
}

function randomSubject(random: Random): object {
  const kind = pickOdd(words.subjectKinds, random)
  const name =
    kind === 'Group'
      ? pickOdd(words.groups, random)
      : kind === 'User'
        ? pickOdd(words.users, random)
        : pickOdd(words.accounts, random)
  return {
    kind,
    name,
    ...maybe(0.3, random, 'apiGroup', () => pickOdd(words.apiGroupsOfRbac, random)),
    ...maybe(kind === 'ServiceAccount' ? 0.7 : 0.05, random, 'namespace', () =>
      pickOdd(words.namespaces, random),
    ),
  }
}

/** One thing that is wrong, or looks wrong. */
function damage(object: Record<string, unknown>, random: Random): void {
  const odd = (): unknown => structuredClone(pick(words.oddValues, random))
  const metadata = object['metadata'] as Record<string, unknown>
  const lists = ['rules', 'subjects']
    .map((key) => object[key])
    .filter((list) => Array.isArray(list))
  const entry = (lists.flat()[0] ?? {}) as Record<string, unknown>
  const edits: readonly (() => void)[] = [
    () => set(object, pick(words.objectFields, random), odd()),
    () => set(metadata, pick(words.metadataFields, random), odd()),
    () => set(metadata, 'labels', { tier: odd() }),
    () => set(object, 'roleRef', { kind: pick(['role', 'Group', '', null], random), name: odd() }),
    () => set(object, 'aggregationRule', { clusterRoleSelectors: [{ matchLabels: odd() }] }),
    () => void delete object[pick(['kind', 'apiVersion', 'metadata'], random)],
    ...[0, 1, 2].map(() => () => set(entry, pick(Object.keys(entry), random), odd())),
    () => set(entry, pick(['Verbs', 'verb', 'Kind', 'extra'], random), odd()),
  ]
  pick(edits, random)()
}

function set(into: Record<string, unknown>, key: string | undefined, value: unknown): void {
  if (key !== undefined) into[key] = value
}

function written(objects: readonly object[], random: Random): string {
  const form = random()
  const list = { apiVersion: 'v1', kind: 'List', items: objects }
  if (form < 0.15) return JSON.stringify(list, null, random() < 0.5 ? 2 : 0)
  if (form < 0.25)
    return objects.map((object) => JSON.stringify(object)).join(pick(['\n', '', '\n\n'], random))
  if (form < 0.5) return asYaml(list, random)
  const separator = pick(['---\n', '--- \n', '--- # next\n', '---\n# comment\n---\n'], random)
  const text = objects.map((object) => asYaml(object, random)).join(separator)
  return random() < 0.5 ? `---\n${text}` : text
}

function asYaml(object: object, random: Random): string {
  const text = stringify(object, {
    version: '1.1',
    collectionStyle: random() < 0.15 ? 'flow' : random() < 0.5 ? 'block' : 'any',
    indentSeq: random() < 0.5,
    defaultStringType: pick(['PLAIN', 'PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE'] as const, random),
    lineWidth: 0,
  })
  // Without the spaces that its own printer leaves out the API server's library does not read it.
  const readable = text.replaceAll(/:\n *\[\]/g, ': []')
  return random() < 0.02 ? doubledLine(readable, random) : readable
}

/** A repeated key, mostly. */
function doubledLine(text: string, random: Random): string {
  const lines = text.split('\n')
  const index = Math.floor(random() * lines.length)
  if (lines[index]!.startsWith('{')) return text
  return lines.toSpliced(index, 0, lines[index]!).join('\n')
}
