import { compileOrder, readOrder } from '../../app/rule-set.ts'
import { detectGroup, eventsTopic } from '../../app/topics.ts'
import { loadConfig } from '../../config/load.ts'
import type { Rule } from '../../contracts.ts'
import { ruleName } from '../../detect/alert.ts'
import { createBaselines } from '../../detect/baseline/baselines.ts'
import type { Learnt } from '../../detect/baseline/learnt.ts'
import { alertingOptionsOf } from '../../detect/episode/config.ts'
import { KubewitnessError } from '../../errors.ts'
import { openSqliteReader } from '../../log/sqlite.ts'
import { type BaselineSettings, fieldsOfBaseline, readBaseline } from '../../sigma/baseline.ts'
import { tableText } from '../table-text.ts'

export interface LearntOfRule {
  readonly rule: Rule
  readonly learnt: readonly Learnt[]
}

/**
 * What the service of a configuration has learnt for a rule by id or name, as of what it saved last. Throws
 * `usage.invalid` when there is no such rule, or nothing that it could have learnt.
 */
export async function readLearnt(
  rule: string,
  configFile: string | undefined,
  workingDirectory: string,
): Promise<LearntOfRule> {
  const { config } = loadConfig(configFile, workingDirectory)
  if (config.log.type !== 'sqlite')
    throw new KubewitnessError('usage.invalid', 'what a log in memory has learnt cannot be read', {
      next: 'use log.type: sqlite, or name a file of events',
    })
  const { rules, correlations } = compileOrder(readOrder(config.rules), {
    episodes: alertingOptionsOf(config.episodes),
    onRuleFailure: () => undefined,
  }).ruleSet
  const found = [...rules, ...correlations].find(
    (each) => each.id === rule.toLowerCase() || each.name === rule,
  )
  if (found === undefined || fieldsOfBaseline(found).length === 0)
    throw new KubewitnessError(
      'usage.invalid',
      found === undefined
        ? `the configuration has no rule ${rule}`
        : `${rule} has no baseline: it learns nothing`,
      { next: 'name a file of events to explain a rule on; `kubewitness rules list` names rules' },
    )
  const reader = openSqliteReader({ directory: config.dataDirectory })
  try {
    const baselines = createBaselines(rules, correlations)
    baselines?.restore(await reader.readState(eventsTopic, detectGroup, 'baseline/'))
    return { rule: found, learnt: baselines?.learnt(found.id) ?? [] }
  } finally {
    reader.close()
  }
}

export function learntRecord({ rule, learnt }: LearntOfRule): object {
  const { id, title, custom } = rule
  return { rule: { id, name: ruleName(rule), title }, baseline: custom['baseline'], learnt }
}

export function learntText({ rule, learnt }: LearntOfRule): string {
  const { settings } = readBaseline(rule)
  if (settings === undefined) return ''
  if (learnt.length === 0) return `${baselineLine(settings)}; nothing was learnt\n`
  const rows = learnt.map((each) => [
    each.cluster,
    each.key.join(' '),
    each.since,
    each.tellsFrom,
    String(each.stillNeeded),
    learntCell(each),
  ])
  const header = ['CLUSTER', 'KEY', 'SINCE', 'TELLS FROM', 'STILL NEEDED', 'LEARNT']
  return `${baselineLine(settings)}\n${tableText(header, rows)}`
}

function baselineLine(settings: BaselineSettings): string {
  const by = settings.by.join(', ')
  switch (settings.kind) {
    case 'firstSeen':
      return `baseline: ${settings.of.join(', ')} that ${by} had not before`
    case 'rare': {
      const among = settings.among.length === 0 ? 'the cluster' : settings.among.join(', ')
      return `baseline: ${settings.of.join(', ')} that at most ${settings.atMost} ${by} of ${among} has`
    }
    case 'rateDeviation':
      return `baseline: more in ${settings.everyUs / 1e6} s than is usual for ${by}`
    default:
      return settings satisfies never
  }
}

const maxValuesShown = 20

function learntCell({ values = [], actors, usual, limit }: Learnt): string {
  if (usual !== undefined && limit !== undefined)
    return `usual ${usual.toFixed(1)}, told above ${limit.toFixed(1)}`
  const shown = values.slice(0, maxValuesShown).map(({ value }) => value)
  const more = values.length > shown.length ? ` and ${values.length - shown.length} more` : ''
  const of = actors === undefined ? '' : `${actors} actors: `
  return `${of}${shown.join(', ')}${more}`
}
