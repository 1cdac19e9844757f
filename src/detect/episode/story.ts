import type { Alert, Level } from '../../contracts.ts'
import { formatTimeUs } from '../../util/time.ts'
import { printable } from '../printable.ts'
import { type Step, tacticsOf } from './step.ts'

/** The rule that alerts of kind `story` are of. */
export const storyRule = {
  id: 'b2b0a5b6-2d0e-4b52-9d0e-0d6a3f1f0b01',
  name: 'story',
  title: 'Several tactics of one actor',
} as const

/** What is known of one actor: alerts that may become a story, or a story that is open. Times in microseconds. */
export interface Story {
  readonly key: string
  readonly cluster: string
  readonly actor: string
  readonly effectiveUser: string
  readonly peerIp: string
  readonly group: Readonly<Record<string, string>>
  /** The id of its alert; empty as long as there is none. */
  id: string
  steps: readonly Step[]
  /** Alerts that were not listed any more. */
  omitted: number
  level: Level
  openedUs: number
  begunUs: number
  activeUs: number
  revision: number
  toldUs: number
  hasNews: boolean
  touched: number
}

const maxReasons = 12

/** The next revision of its alert, as it is now. */
export function tellStory(
  story: Story,
  status: Alert['status'],
  nowUs: number,
  closedBecause?: Alert['closedBecause'],
): Alert {
  story.revision += 1
  story.toldUs = nowUs
  story.hasNews = false
  const { id, revision, steps, actor, group } = story
  const tactics = tacticsOf(steps)
  const times = steps.map(({ timeUs }) => timeUs)
  const count = steps.length + story.omitted
  const who = printable(Object.values(group).join(' from '))
  return {
    schema: 'kubewitness.alert/v1',
    id,
    revision,
    status,
    kind: 'story',
    rule: {
      ...storyRule,
      level: story.level,
      tags: [...new Set(steps.flatMap(({ tags }) => tags))],
    },
    cluster: story.cluster,
    actor,
    effectiveUser: story.effectiveUser,
    peerIp: story.peerIp,
    userAgent: '',
    target: {},
    firstSeen: formatTimeUs(Math.min(...times)),
    lastSeen: formatTimeUs(Math.max(...times)),
    openedAt: formatTimeUs(story.openedUs),
    count,
    events: steps.flatMap(({ event }) => event ?? []),
    group,
    summary: `${who} went through ${tactics.length} tactics: ${tactics.join(', ')} (${count} alerts)`,
    why: steps.slice(0, maxReasons).map(({ tactic, rule, summary }) => ({
      selection: tactic,
      field: rule.name,
      value: summary,
    })),
    story: steps.map(({ timeUs: _time, event: _event, tags: _tags, ...step }) => step),
    ...(closedBecause === undefined ? {} : { closedBecause }),
  }
}
