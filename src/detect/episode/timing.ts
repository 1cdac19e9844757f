import type { ClosingReason } from '../../contracts.ts'
import type { Episode } from './episode.ts'

/** What holds for every episode, in microseconds. */
export interface EpisodeBounds {
  readonly latenessUs: number
  readonly maximumUs: number
}

/** How far from the first or last match another one may be. */
function reachOf({ settings }: Episode, { latenessUs }: EpisodeBounds): number {
  return settings.quietUs + latenessUs
}

export function admits(episode: Episode, timeUs: number, bounds: EpisodeBounds): boolean {
  const reachUs = reachOf(episode, bounds)
  return (
    timeUs >= episode.firstUs - reachUs &&
    timeUs <= episode.lastUs + reachUs &&
    timeUs <= episode.openedUs + bounds.maximumUs
  )
}

/** When it is over if nothing more comes, by how far the stream has come, and why. */
export function closingOf(
  episode: Episode,
  bounds: EpisodeBounds,
): readonly [timeUs: number, reason: ClosingReason] {
  const quietUs = episode.activeUs + reachOf(episode, bounds)
  const maximumUs = episode.begunUs + bounds.maximumUs
  return quietUs <= maximumUs ? [quietUs, 'quiet'] : [maximumUs, 'duration']
}

/** When it is to be told again; `Infinity` when there is nothing to tell. */
export function updateDueOf({ hasNews, revision, toldUs, settings }: Episode): number {
  return hasNews && revision > 0 ? toldUs + settings.updateEveryUs : Number.POSITIVE_INFINITY
}

/** From when to when its key opens no other, by its `suppress`. */
export function suppressionOf(
  episode: Episode,
  bounds: EpisodeBounds,
): readonly [fromUs: number, toUs: number] {
  return [episode.firstUs - reachOf(episode, bounds), episode.lastUs + episode.settings.suppressUs]
}
