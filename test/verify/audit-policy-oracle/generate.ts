import { stringify } from 'yaml'
import { createRandom, type Random } from '../../support/random.ts'
import { damage } from './damage.ts'
import { mangle } from './mangle.ts'
import { maybe, pick, some } from './pick.ts'
import {
  apiGroups,
  badGroups,
  badUrls,
  groups,
  levels,
  names,
  namespaces,
  paths,
  resources,
  resourceTexts,
  stages,
  subresources,
  urls,
  users,
  verbs,
} from './words.ts'

/** An audit policy file, perhaps a broken one, and requests to put to it. */
export interface PolicyCase {
  readonly policy: string
  readonly requests: readonly object[]
}

/** The same seed gives the same case. */
export function generateCase(seed: number): PolicyCase {
  const random = createRandom(7, seed)
  const policy = randomPolicy(random)
  if (random() < 0.3) damage(policy, random)
  const text = random() < 0.12 ? JSON.stringify(policy) : asYaml(policy, random)
  const requests = Array.from({ length: 12 }, () => randomRequest(random))
  return { policy: random() < 0.25 ? mangle(text, random) : text, requests }
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

function asYaml(policy: object, random: Random): string {
  return stringify(policy, {
    version: '1.1',
    collectionStyle: random() < 0.15 ? 'flow' : random() < 0.5 ? 'block' : 'any',
    indentSeq: random() < 0.5,
    defaultStringType: pick(['PLAIN', 'PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE'] as const, random),
    lineWidth: 0,
  })
}
