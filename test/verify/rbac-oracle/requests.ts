import type { Random } from '../../support/random.ts'
import { pick, pickOdd, some } from './pick.ts'
import * as words from './words.ts'

/** What a request is made of, of a generated object. */
export interface GeneratedObject {
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules?: readonly Readonly<Partial<Record<string, readonly string[]>>>[]
  readonly roleRef?: { readonly name: string }
  readonly subjects?: readonly {
    readonly kind: string
    readonly name: string
    readonly namespace?: string
  }[]
}

/** A request that one of the bindings may allow: its subject asks for what a rule of its role names. */
export function likelyRequest(objects: readonly GeneratedObject[], random: Random): object {
  const request = randomRequest(random)
  const bindings = objects.filter(({ subjects }) => subjects?.length)
  const binding = bindings.length === 0 ? undefined : pick(bindings, random)
  const name = binding?.roleRef?.name
  const rules = objects.flatMap((each) => (each.metadata.name === name ? (each.rules ?? []) : []))
  if (binding === undefined || rules.length === 0) return request
  const rule = pick(rules, random)
  const one = (key: string): string => {
    const words = rule[key] ?? []
    return words.length === 0 ? '' : pick(words, random)
  }
  const who = identityOf(pick(binding.subjects ?? [], random), binding.metadata.namespace)
  const verb = one('verbs')
  if (rule['nonResourceURLs'] !== undefined)
    return { ...who, nonResourceAttributes: { verb, path: one('nonResourceURLs') } }
  const [resource, subresource] = one('resources').split('/')
  const { namespace = '' } = binding.metadata
  const attributes = { verb, group: one('apiGroups'), resource, subresource }
  return {
    ...who,
    resourceAttributes: {
      ...attributes,
      namespace: random() < 0.8 ? namespace : pickOdd(words.namespaces, random),
      name: one('resourceNames'),
    },
  }
}

function identityOf(
  {
    kind,
    name,
    namespace,
  }: { readonly kind: string; readonly name: string; readonly namespace?: string },
  bindingNamespace: string | undefined,
): object {
  if (kind === 'Group') return { groups: ['system:authenticated', name] }
  if (kind === 'User') return { user: name }
  return { user: `system:serviceaccount:${namespace ?? bindingNamespace}:${name}` }
}

/** The spec of an access review; odd ones say null, leave out what is empty, or name nobody. */
export function randomRequest(random: Random): object {
  const who = {
    ...(random() < 0.95 ? { user: random() < 0.03 ? null : pickOdd(words.users, random) } : {}),
    ...(random() < 0.85 ? { groups: randomGroups(random) } : {}),
  }
  if (random() < 0.2) return { ...who, nonResourceAttributes: randomPath(random) }
  const attributes: Record<string, string> = {
    namespace: pickOdd(words.namespaces, random),
    verb: pickOdd(words.verbs, random),
    group: pickOdd(words.apiGroups, random),
    version: 'v1',
    resource: pickOdd(words.resources, random),
    subresource: pickOdd(words.subresources, random),
    name: pickOdd(words.names, random),
  }
  if (random() < 0.5)
    for (const key of Object.keys(attributes)) if (attributes[key] === '') delete attributes[key]
  return { ...who, resourceAttributes: attributes }
}

function randomGroups(random: Random): string[] | null {
  if (random() < 0.03) return null
  const groups = some(4, () => pickOdd(words.groups, random), random)
  return random() < 0.03 ? [...groups, 'system:masters'] : groups
}

function randomPath(random: Random): object {
  return { path: pickOdd(words.paths, random), verb: pickOdd(words.verbs, random) }
}
