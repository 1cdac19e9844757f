import { hash } from 'node:crypto'
import type { CorrelationRule, EventRule, Remembering, StateChange } from '../../contracts.ts'
import { ByteWriter } from './bytes.ts'
import { restoreGroup, takeGroupChanges } from './group-records.ts'
import { meaningOf } from './meaning.ts'
import type { RuleWindows } from './rule-windows.ts'
import type { Frontiers } from './watermark.ts'

/*
 * The keys of records:
 *
 *   correlation/cluster/<hash of the name>                 how far a cluster has come
 *   correlation/rule/<meaning>                             a rule
 *   correlation/group/<meaning>/<hash of the key>          a group
 *   correlation/group/<meaning>/<hash of the key>/<part>   entries of a large one
 */
const clusterPrefix = 'correlation/cluster/'
const rulePrefix = 'correlation/rule/'
const groupPrefix = 'correlation/group/'

/** A group whose records are being gathered. */
interface Gathered {
  record: Uint8Array | undefined
  readonly parts: Map<number, Uint8Array>
}

/** Saves windows under the meaning of their rule, and puts back those of rules that mean the same. */
export function createCorrelationRecords(
  stages: readonly RuleWindows[],
  frontiers: Frontiers,
  rules: readonly CorrelationRule[],
  eventRules: readonly EventRule[],
): Remembering {
  const byId = {
    events: new Map(eventRules.map((rule) => [rule.id, rule])),
    correlations: new Map(rules.map((rule) => [rule.id, rule])),
  }
  const stageByMeaning = new Map(
    stages.map((stage) => [meaningOf(stage.state.plan.rule, byId), stage]),
  )
  const savedEvictedS = new Map<RuleWindows, number>()
  const writer = new ByteWriter()
  /** Records of another meaning, or that cannot be read. */
  let unusable: string[] = []

  const ruleChange = (meaning: string, stage: RuleWindows): StateChange[] => {
    const { evictedS } = stage
    if (evictedS === (savedEvictedS.get(stage) ?? 0)) return []
    savedEvictedS.set(stage, evictedS)
    return [
      { key: rulePrefix + meaning, value: Buffer.from(JSON.stringify({ version: 1, evictedS })) },
    ]
  }

  const restoreRule = (meaning: string, value: Uint8Array): boolean => {
    const stage = stageByMeaning.get(meaning)
    // Written by `ruleChange`, but perhaps by another version.
    const { version, evictedS } = JSON.parse(textOf(value)) as { version: number; evictedS: number }
    if (stage === undefined || version !== 1) return false
    stage.restore(evictedS)
    savedEvictedS.set(stage, evictedS)
    return true
  }

  const restoreOther = (key: string, value: Uint8Array): boolean => {
    try {
      if (key.startsWith(clusterPrefix)) return frontiers.restore(textOf(value))
      return key.startsWith(rulePrefix) && restoreRule(key.slice(rulePrefix.length), value)
    } catch {
      return false // No JSON: nothing that we wrote.
    }
  }

  const restoreGroups = (meaning: string, groups: ReadonlyMap<string, Gathered>): void => {
    const stage = stageByMeaning.get(meaning)
    for (const [name, { record, parts }] of groups) {
      const key = `${groupPrefix}${meaning}/${name}`
      const isRestored =
        stage !== undefined &&
        record !== undefined &&
        restoreGroup(stage, { record, parts }, (cluster) => {
          return frontiers.of(cluster) - stage.state.plan.latenessUs
        })
      if (isRestored) continue
      unusable.push(key, ...[...parts.keys()].map((part) => `${key}/${part}`))
    }
  }

  return {
    takeChanges: () => {
      const changes: StateChange[] = unusable.map((key) => ({ key, value: undefined }))
      unusable = []
      for (const [cluster, saved] of frontiers.takeChanges())
        changes.push({ key: clusterPrefix + nameOf(cluster), value: Buffer.from(saved) })
      return changes.concat(
        ...[...stageByMeaning].flatMap(([meaning, stage]) => [
          ruleChange(meaning, stage),
          takeGroupChanges(stage.state, `${groupPrefix}${meaning}/`, writer),
        ]),
      )
    },
    restore: (records) => {
      const groups = new Map<string, Map<string, Gathered>>()
      for (const { key, value } of records) {
        if (key.startsWith(groupPrefix)) gather(groups, key.slice(groupPrefix.length), value)
        else if (!restoreOther(key, value)) unusable.push(key)
      }
      // When a group is due depends on how far its cluster is.
      for (const [meaning, members] of groups) restoreGroups(meaning, members)
    },
  }
}

function gather(groups: Map<string, Map<string, Gathered>>, path: string, value: Uint8Array): void {
  const [meaning = '', name = '', part] = path.split('/')
  const members = groups.get(meaning) ?? new Map<string, Gathered>()
  groups.set(meaning, members)
  const gathered = members.get(name) ?? { record: undefined, parts: new Map() }
  members.set(name, gathered)
  if (part === undefined) gathered.record = value
  else gathered.parts.set(Number(part), value)
}

function nameOf(cluster: string): string {
  return hash('sha256', cluster, 'hex').slice(0, 32)
}

function textOf(value: Uint8Array): string {
  return Buffer.from(value).toString()
}
