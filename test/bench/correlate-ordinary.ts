import { splitBody } from '../../src/audit/split.ts'
import { createCorrelator } from '../../src/detect/correlate/create.ts'
import { createRuleSet, type RuleMatch, type RuleSet } from '../../src/detect/match.ts'
import { parseRules } from '../../src/sigma/parse.ts'
import { eventLists } from '../support/recorded-attacks.ts'
import { listRecordings, readEvents } from '../support/recordings.ts'
import { cpuUs, median, print } from './figures.ts'
import { measureWholePath } from './whole-path.ts'
import { metadataWorkload } from './workload.ts'

/** What correlations are about, as rules of our own are: what few events match. */
const conditions = {
  refused: 'responseStatus.code: 403',
  failed: 'responseStatus.code: 401',
  missing: '{ responseStatus.code: 404, verb: get }',
  secrets: '{ objectRef.resource: secrets, verb: [get, list, watch] }',
  tokens: '{ objectRef.subresource: token, verb: create }',
  exec: '{ objectRef.resource: pods, objectRef.subresource: [exec, attach] }',
  deleted: 'verb: [delete, deletecollection]',
  grants:
    '{ objectRef.resource: [rolebindings, clusterrolebindings], verb: [create, update, patch] }',
  reviews: '{ objectRef.resource: selfsubjectaccessreviews, verb: create }',
  workloads: '{ objectRef.resource: pods, verb: create }',
}

const correlations = [
  'type: event_count, rules: [refused], group-by: [user.username], timespan: 5m, condition: { gte: 10 }',
  'type: event_count, rules: [deleted], group-by: [user.username], timespan: 1m, condition: { gt: 20 }',
  'type: value_count, rules: [secrets], group-by: [user.username], timespan: 10m, condition: { gte: 15, field: objectRef.name }',
  'type: value_count, rules: [missing], group-by: [user.username], timespan: 10m, condition: { gte: 15, field: objectRef.resource }',
  'type: temporal, rules: [refused, secrets], group-by: [user.username], timespan: 10m',
  'type: temporal, rules: [reviews, exec], group-by: [user.username], timespan: 1h',
  'type: temporal_ordered, rules: [grants, secrets], group-by: [user.username], timespan: 1h',
  'type: temporal_ordered, rules: [workloads, exec], group-by: [user.username], timespan: 10m',
  'type: event_count, rules: [tokens], group-by: [user.username, objectRef.namespace], timespan: 1h, condition: { gt: 50 }',
  'type: event_count, rules: [failed, refused], group-by: [peerIp], timespan: 5m, condition: { gte: 30 }',
]

/** Fifty correlations over ten rules: each of the ten with five timespans of its own. */
function fiftyCorrelations(): RuleSet {
  const rules = Object.entries(conditions).map(
    ([name, detection]) =>
      `title: ${name}\nname: ${name}\nlogsource: { product: kubernetes }\ndetection: { selection: ${detection.startsWith('{') ? detection : `{ ${detection} }`}, condition: selection }`,
  )
  const over = correlations.flatMap((text, i) =>
    [1, 2, 3, 4, 5].map(
      (factor) =>
        `title: correlation ${i} ${factor}\ncorrelation: { ${text.replace(/timespan: (\d+)/, (_, n: string) => `timespan: ${Number(n) * factor}`)} }`,
    ),
  )
  const parsed = parseRules([{ path: 'bench.yml', text: [...rules, ...over].join('\n---\n') }])
  const [error] = parsed.problems.filter(({ severity }) => severity === 'error')
  if (error !== undefined) throw new Error(error.message)
  return createRuleSet(parsed.rules, {
    onRuleFailure: (_rule, failure) => {
      throw failure
    },
  })
}

/** What fifty correlations cost on ordinary life, beside the whole path from the socket to the alert. */
export async function benchOrdinaryTraffic(rounds: number): Promise<void> {
  const ruleSet = fiftyCorrelations()
  const benign = listRecordings('benign', '.jsonl').flatMap((name) => readEvents(`benign/${name}`))
  const batches = eventLists(benign).map((body) => {
    const { bytes, items } = splitBody(body)
    const batch = { cluster: 'bench', sender: 's', receivedAtMs: 1.8e12, bytes, index: items }
    return { batch, matches: ruleSet.matchBatch(batch).matches }
  })
  const count = batches.reduce((sum, { batch }) => sum + batch.index.count, 0)
  const matched = batches.reduce((sum, { matches }) => sum + byItem(matches).length, 0)
  const costs = Array.from({ length: Math.max(8, rounds) }, () => {
    const correlator = createCorrelator(ruleSet.correlations)
    const grouped = batches.map(({ batch, matches }) => ({ batch, groups: byItem(matches) }))
    const startUs = cpuUs()
    for (const { batch, groups } of grouped) {
      let highestUs = 0
      let next = 0
      for (let item = 0; item < batch.index.count; item++) {
        const group = groups[next]
        if (group?.[0]?.itemNumber === item) {
          next += 1
          correlator.accept(group, 's')
        }
        const timeUs = batch.index.timesUs[item]!
        if (timeUs <= highestUs) continue
        highestUs = timeUs
        correlator.advance(batch.cluster, batch.sender, timeUs, batch.receivedAtMs)
      }
    }
    return (cpuUs() - startUs) / count
  })
  const path = await measureWholePath(metadataWorkload(), rounds)
  const us = median(costs.slice(2))
  print(
    `\n${ruleSet.correlations.length} correlations on ${count} ordinary events, of which ${matched} match: ${us.toFixed(3)} µs an event; the whole path ${path.cpuUsPerEvent.toFixed(2)} µs; ${((us / path.cpuUsPerEvent) * 100).toFixed(1)} %`,
  )
}

/** The matches of each item that has any. */
function byItem(matches: readonly RuleMatch[]): RuleMatch[][] {
  return [...Map.groupBy(matches, ({ itemNumber }) => itemNumber).values()]
}
