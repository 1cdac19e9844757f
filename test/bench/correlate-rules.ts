/** What correlations are about, as rules of our own: what few events match, and what ordinary ones do. */
const conditions = {
  refused: '{ responseStatus.code: 403 }',
  failed: '{ responseStatus.code: 401 }',
  missing: '{ responseStatus.code: 404, verb: get }',
  secrets: '{ objectRef.resource: secrets, verb: [get, list, watch] }',
  tokens: '{ objectRef.subresource: token, verb: create }',
  exec: '{ objectRef.resource: pods, objectRef.subresource: [exec, attach] }',
  deleted: '{ verb: [delete, deletecollection] }',
  grants:
    '{ objectRef.resource: [rolebindings, clusterrolebindings], verb: [create, update, patch] }',
  reviews: '{ objectRef.resource: selfsubjectaccessreviews, verb: create }',
  workloads: '{ objectRef.resource: pods, verb: create }',
}

const correlations = [
  'type: event_count, rules: [refused], group-by: [user.username], timespan: 5m, condition: { gte: 50 }',
  'type: event_count, rules: [deleted], group-by: [user.username], timespan: 1m, condition: { gt: 100 }',
  'type: value_count, rules: [secrets], group-by: [user.username], timespan: 10m, condition: { gte: 15, field: objectRef.name }',
  'type: value_count, rules: [missing], group-by: [user.username], timespan: 10m, condition: { gte: 15, field: objectRef.resource }',
  'type: temporal, rules: [failed, secrets], group-by: [user.username], timespan: 10m',
  'type: temporal, rules: [reviews, exec], group-by: [user.username], timespan: 1h',
  'type: temporal_ordered, rules: [exec, secrets], group-by: [user.username], timespan: 1h',
  'type: temporal_ordered, rules: [workloads, exec], group-by: [user.username], timespan: 10m',
  'type: event_count, rules: [tokens], group-by: [user.username, objectRef.namespace], timespan: 1h, condition: { gt: 500 }',
  'type: event_count, rules: [failed, refused], group-by: [peerIp], timespan: 5m, condition: { gte: 30 }',
]

/** Fifty correlations over ten rules, as text: each of ten with five timespans of its own. */
export function fiftyCorrelations(): string {
  const rules = Object.entries(conditions).map(
    ([name, selection]) =>
      `title: ${name}\nname: ${name}\nstatus: test\nlevel: low\nlogsource: { product: kubernetes, service: audit }\ndetection: { selection: ${selection}, condition: selection }`,
  )
  const over = correlations.flatMap((text, i) =>
    [1, 2, 3, 4, 5].map(
      (factor) =>
        `title: correlation ${i} ${factor}\nstatus: test\nlevel: low\ncorrelation: { ${text.replace(/timespan: (\d+)/, (_, n: string) => `timespan: ${Number(n) * factor}`)} }`,
    ),
  )
  return [...rules, ...over].join('\n---\n')
}
