import { latestUs } from '../app/detection.ts'
import type { Alert } from '../contracts.ts'
import { createEpisodes, type EpisodeOptions } from '../detect/episode/episodes.ts'
import type { RuleMatch } from '../detect/match.ts'

/** The alerts of a scan, each given once: when it is over, in its last revision. */
export interface ScanAlerts {
  add(cluster: string, matches: readonly RuleMatch[]): Promise<void>
  end(): Promise<void>
}

export function createScanAlerts(
  options: EpisodeOptions,
  give: (alert: Alert) => Promise<void>,
): ScanAlerts {
  const episodes = createEpisodes(options)
  const giveClosed = async (alerts: readonly Alert[]): Promise<void> => {
    for (const alert of alerts) if (alert.status === 'closed') await give(alert)
  }
  return {
    add: async (cluster, matches) => {
      await giveClosed(episodes.accept(matches))
      await giveClosed(episodes.advance(cluster, latestUs(matches) - options.latenessUs))
    },
    end: () => giveClosed(episodes.close()),
  }
}
