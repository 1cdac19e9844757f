import type { Alert, AuditEvent, ClosingReason, Remembering } from '../../contracts.ts'
import { ruleName } from '../alert.ts'
import type { CorrelationMatch } from '../correlate/correlator.ts'
import type { RuleMatch } from '../match.ts'
import { createAgenda } from './agenda.ts'
import { countOf, type Episode, tell, withDifferent } from './episode.ts'
import { createEvidence, isBegun } from './evidence.ts'
import { createKept } from './kept.ts'
import { type Observation, ObservationMemo, observationOf, shortHash } from './observation.ts'
import { asNumber, asTimeRange, createEpisodeRecords } from './records.ts'
import { type EpisodeSettings, episodeSettingsOf } from './settings.ts'
import { createEpisodeStore } from './store.ts'
import { admits, closingOf, suppressionOf, updateDueOf } from './timing.ts'
import { createWatermarks } from './watermarks.ts'

export interface EpisodeOptions {
  /** For what a rule does not say of itself. */
  readonly defaults: EpisodeSettings
  /** No alert is open longer. */
  readonly maximumUs: number
  /** How late an event may come and find its episode open. */
  readonly latenessUs: number
  /** Beyond it the stalest is closed. */
  readonly maxOpen: number
  /** Events that one alert lists; what comes then is counted. */
  readonly maxEvents: number
  /** Entries of the lists of all open episodes together; beyond it the stalest is closed. */
  readonly maxEntries: number
  /** Told of what no alert shows; `rule` is its name. */
  readonly onLeftOut?: (what: LeftOut, rule: string) => void
}

/** `evicted`: an episode was closed for want of room. `suppressed`: a match, by the rule's own `suppress`. */
export type LeftOut = 'evicted' | 'suppressed'

/**
 * Puts the matches of one rule under one key together, as long as they follow on each other: one alert with revisions.
 * It knows event time alone, and its output depends on nothing but the calls, in their order.
 *
 * A match belongs to an open episode of its key when it is no farther from its first or last match than `quiet` and the
 * lateness, and no farther from its opening than it may last. So whatever the order in which events come within the
 * lateness, matches that follow within `quiet` share an alert, and those farther apart than both together do not.
 */
export interface Episodes extends Remembering {
  /** Matches of one event, or what correlations have to tell after it; `event` is that event. Returns alerts that open. */
  accept(matches: readonly (RuleMatch | CorrelationMatch)[], event?: AuditEvent): readonly Alert[]
  /** No event of the cluster is expected to be older: the watermark. Returns alerts that have grown or are over. */
  advance(cluster: string, watermarkUs: number): readonly Alert[]
  /** While the watermark is before it, `advance` has nothing to return. */
  nextDueUs(cluster: string): number
  /** No more events come: every alert is over. */
  close(): readonly Alert[]
  readonly open: number
  /** How far a cluster has come; 0 while nothing is known. */
  watermarkUs(cluster: string): number
}

/** Ends of requests that are remembered after their episode: of long sessions, mostly. */
const maxSessions = 10_000

export function createEpisodes(options: EpisodeOptions): Episodes {
  const { defaults, maxOpen, maxEvents, maxEntries } = options
  const onLeftOut = options.onLeftOut ?? (() => undefined)
  const store = createEpisodeStore(maxEvents)
  const agenda = createAgenda()
  const memo = new ObservationMemo()
  const watermarks = createWatermarks('episode/1/watermark/')
  /** By key: from when to when it opens no episode. */
  const suppressions = createKept('episode/1/suppressed/', maxOpen, asTimeRange)
  /** Rules and requests whose answer had begun and not ended when their episode did. */
  const sessions = createKept('episode/1/session/', maxSessions, asNumber)

  const records = createEpisodeRecords({
    watermark: watermarks,
    suppressed: suppressions,
    session: sessions,
    open: store,
  })

  const schedule = (episode: Episode): void => {
    const dueUs = Math.min(closingOf(episode, options)[0], updateDueOf(episode))
    agenda.add(episode.subject.cluster, dueUs, episode.id)
  }

  /** The episode that a match belongs to: the one that has its request, else the oldest that its time fits. */
  const find = ({ key, timeUs, request }: Observation): Episode | undefined => {
    const open = store.ofKey(key)
    return (
      open.find(({ evidence }) => evidence.knows(request)) ??
      open.find((episode) => admits(episode, timeUs, options))
    )
  }

  const isSuppressed = ({ key, timeUs }: Observation): boolean => {
    const ranges = store
      .ofKey(key)
      .filter(({ revision, settings }) => revision > 0 && settings.suppressUs > 0)
      .map((episode) => suppressionOf(episode, options))
    const kept = suppressions.get(key)
    return [...ranges, ...(kept === undefined ? [] : [kept])].some(
      ([fromUs, toUs]) => timeUs >= fromUs && timeUs <= toUs,
    )
  }

  const openEpisode = (seen: Observation): Episode | undefined => {
    const { key, rule, timeUs, eventId } = seen
    if (isSuppressed(seen)) {
      onLeftOut('suppressed', ruleName(rule))
      return undefined
    }
    const nowUs = Math.max(seen.activeUs, watermarks.of(seen.cluster))
    const episode: Episode = {
      id: shortHash([rule.id, key, eventId]),
      key,
      subject: seen.subject(),
      settings: episodeSettingsOf(rule, defaults),
      openedUs: timeUs,
      begunUs: nowUs,
      firstUs: timeUs,
      lastUs: timeUs,
      activeUs: nowUs,
      targets: [],
      peerIps: [],
      leastCount: 0,
      isCut: false,
      isCorrelated: rule.kind === 'correlation',
      revision: 0,
      toldUs: 0,
      hasNews: false,
      touched: 0,
      evidence: createEvidence(maxEvents),
    }
    store.add(episode)
    return episode
  }

  /** True when there is more to tell than before. */
  const extend = (episode: Episode, seen: Observation): boolean => {
    const before = countOf(episode)
    const sizeBefore = episode.evidence.size
    let isNew = false
    for (const [request, event] of seen.evidence) {
      if (episode.evidence.add(request, event) === 'none') continue
      isNew = true
      episode.firstUs = Math.min(episode.firstUs, event.timeUs || seen.timeUs)
      episode.lastUs = Math.max(episode.lastUs, event.timeUs || seen.timeUs)
    }
    if (!isNew && seen.count <= before) return false
    episode.targets = withDifferent(episode.targets, seen.target)
    episode.peerIps = withDifferent(episode.peerIps, seen.peerIp)
    episode.leastCount = Math.max(episode.leastCount, seen.count)
    episode.isCut ||= seen.isCut
    episode.activeUs = Math.max(episode.activeUs, seen.activeUs, watermarks.of(seen.cluster))
    store.touch(episode, episode.evidence.size - sizeBefore)
    return countOf(episode) > before
  }

  const observe = (seen: Observation, told: Alert[]): void => {
    if (isEndOfSession(seen)) return
    const episode = find(seen) ?? openEpisode(seen)
    if (episode === undefined || !extend(episode, seen)) return
    if (episode.revision > 0) episode.hasNews = true
    else if (countOf(episode) >= episode.settings.threshold)
      told.push(tell(episode, 'open', Math.max(seen.activeUs, watermarks.of(seen.cluster))))
    schedule(episode)
    evict(episode, told)
  }

  /** A later stage of a request that an alert which is over has told of is no news. */
  const isEndOfSession = ({ rule, request, stage }: Observation): boolean => {
    if (sessions.size === 0) return false
    const session = shortHash([rule.id, request])
    if (sessions.get(session) === undefined) return false
    if (!isBegun(stage)) sessions.delete(session)
    return true
  }

  const end = (episode: Episode, nowUs: number, reason: ClosingReason, told: Alert[]): void => {
    store.remove(episode)
    agenda.remove(episode.id)
    if (episode.revision === 0) return
    told.push(tell(episode, 'closed', nowUs, reason))
    const { settings, key, lastUs, subject, evidence } = episode
    if (settings.suppressUs > 0) suppressions.set(key, suppressionOf(episode, options))
    for (const request of evidence.unfinished())
      sessions.set(shortHash([subject.rule.id, request]), lastUs)
  }

  const evict = (newest: Episode, told: Alert[]): void => {
    while (store.size > maxOpen || store.entries > maxEntries) {
      const stalest = store.stalest()
      if (stalest === undefined || stalest === newest) return
      onLeftOut('evicted', stalest.subject.rule.name)
      end(stalest, stalest.activeUs, 'evicted', told)
    }
  }

  /** All that has become due by then, in order of time, as if it had been looked at all the while. */
  const settle = (episode: Episode, nowUs: number, told: Alert[]): void => {
    const [closingUs, reason] = closingOf(episode, options)
    const updateUs = updateDueOf(episode)
    if (updateUs <= nowUs && updateUs < closingUs) {
      told.push(tell(episode, 'updated', updateUs))
      store.change(episode)
    }
    if (closingUs <= nowUs) end(episode, closingUs, reason, told)
    else schedule(episode)
  }

  const advance = (cluster: string, watermarkUs: number): readonly Alert[] => {
    if (!watermarks.move(cluster, watermarkUs) || agenda.nextUs(cluster) > watermarkUs)
      return nothing
    const told: Alert[] = []
    for (const id of agenda.takeDue(cluster, watermarkUs)) {
      const episode = store.get(id)
      if (episode !== undefined) settle(episode, watermarkUs, told)
    }
    return told
  }

  return {
    get open() {
      return store.size
    },
    watermarkUs: watermarks.of,
    accept: (matches, event) => {
      const told: Alert[] = []
      for (const match of matches) observe(observationOf(match, event, memo), told)
      return told
    },
    advance,
    nextDueUs: agenda.nextUs,
    close: () => {
      const told: Alert[] = []
      for (const episode of store.all()) end(episode, episode.activeUs, 'end', told)
      return told
    },
    takeChanges: records.takeChanges,
    restore: (saved) => {
      records.restore(saved)
      for (const episode of store.all()) schedule(episode)
    },
  }
}

const nothing: readonly Alert[] = []
