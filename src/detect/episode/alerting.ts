import type { Alert, AuditEvent, Remembering } from '../../contracts.ts'
import type { CorrelationMatch } from '../correlate/correlator.ts'
import type { RuleMatch } from '../match.ts'
import { createEpisodes, type EpisodeOptions } from './episodes.ts'
import { createStories, type StoryOptions, storyPrefix } from './stories.ts'

export interface AlertingOptions extends EpisodeOptions {
  /** Absent: no stories are told. */
  readonly stories?: StoryOptions | undefined
}

/** Makes alerts of matches: episodes, and stories of what they open. What each call returns is in the order of time. */
export interface Alerting extends Remembering {
  /** Matches of one event, or what correlations have to tell after it; `event` is that event. */
  accept(matches: readonly (RuleMatch | CorrelationMatch)[], event?: AuditEvent): readonly Alert[]
  /** No event of the cluster is expected to be older. */
  advance(cluster: string, watermarkUs: number): readonly Alert[]
  /** While the watermark is before it, `advance` has nothing to return. */
  nextDueUs(cluster: string): number
  /** No more events come. */
  close(): readonly Alert[]
}

export function createAlerting(options: AlertingOptions): Alerting {
  const episodes = createEpisodes(options)
  if (options.stories === undefined) return episodes
  const stories = createStories(options.stories)
  const withStories = (alerts: readonly Alert[]): readonly Alert[] =>
    alerts.length === 0 ? alerts : [...alerts, ...stories.accept(alerts, episodes.watermarkUs)]
  return {
    accept: (matches, event) => withStories(episodes.accept(matches, event)),
    advance: (cluster, watermarkUs) => {
      const ofEpisodes = withStories(episodes.advance(cluster, watermarkUs))
      const ofStories = stories.advance(cluster, watermarkUs)
      return ofStories.length === 0 ? ofEpisodes : [...ofEpisodes, ...ofStories]
    },
    nextDueUs: (cluster) => Math.min(episodes.nextDueUs(cluster), stories.nextDueUs(cluster)),
    close: () => [...withStories(episodes.close()), ...stories.close()],
    takeChanges: () => [...episodes.takeChanges(), ...stories.takeChanges()],
    restore: (records) => {
      const { story = [], episode = [] } = Object.groupBy(records, ({ key }) =>
        key.startsWith(storyPrefix) ? 'story' : 'episode',
      )
      episodes.restore(episode)
      stories.restore(story)
    },
  }
}
