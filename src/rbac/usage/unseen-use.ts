import type { RbacRule } from '../objects.ts'

/** Asked by the API server beside the verb of a request that somebody made; the event names only that. */
const silentVerbs = ['bind', 'escalate', 'approve', 'sign', 'attest', 'use']
const kubeletResources = [
  'nodes/checkpoint',
  'nodes/configz',
  'nodes/healthz',
  'nodes/log',
  'nodes/metrics',
  'nodes/pods',
  'nodes/proxy',
  'nodes/spec',
  'nodes/stats',
]
const sharedPaths = ['/metrics', '/metrics/*', '/healthz', '/livez', '/readyz', '/debug/*']

interface Unused {
  readonly unusedVerbs: readonly string[]
  readonly unusedResources: readonly string[]
  readonly unusedPairs: readonly string[]
}

/** Why what is unused of a rule may be in use all the same: one sentence for each way. */
export function unseenUse(
  rule: RbacRule,
  { unusedVerbs, unusedResources, unusedPairs }: Unused,
): readonly string[] {
  const pairs = unusedPairs.map((pair) => pair.split(' '))
  const verbs = [...unusedVerbs, ...pairs.map(([verb]) => verb)]
  const targets = [...unusedResources, ...pairs.map(([, target]) => target)]
  const silent = silentVerbs.filter((verb) => verbs.includes(verb))
  const reasons: string[] = []
  if (silent.length > 0)
    reasons.push(
      `${silent.join(', ')}: asked by the API server beside another request, and named in no event`,
    )
  const isOfCore = rule.apiGroups.includes('') || rule.apiGroups.includes('*')
  if (isOfCore && kubeletResources.some((resource) => targets.includes(resource)))
    reasons.push(
      'nodes: kubelets ask for it when they are called, which no event of the caller shows',
    )
  if (targets.some((target) => target?.endsWith('/finalizers')))
    reasons.push(
      'finalizers: asked by the API server of whoever names an owner whose deletion waits, and named in no event',
    )
  if (sharedPaths.some((path) => targets.includes(path)))
    reasons.push('paths: other components ask for it when they are called, which no event shows')
  return reasons
}
