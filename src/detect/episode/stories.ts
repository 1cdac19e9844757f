import type { Alert, Remembering, StateChange } from '../../contracts.ts'
import { RecencyMap } from '../../util/recency-map.ts'
import { createAgenda } from './agenda.ts'
import { decodeJson, encodeJson } from './kept.ts'
import { shortHash } from './observation.ts'
import { isStoryLevel, levelOfSteps, type Step, stepOf, tacticsOf } from './step.ts'
import { type Story, storyRule, tellStory } from './story.ts'
import { createUnsaved } from './unsaved.ts'

export interface StoryOptions {
  /** Alerts no farther apart than that make a story. */
  readonly windowUs: number
  /** So many different tactics. */
  readonly minTactics: number
  readonly updateEveryUs: number
  readonly latenessUs: number
  /** No story is open longer. */
  readonly maximumUs: number
  /** Actors that are followed; beyond it the one seen least recently is forgotten, its story closed. */
  readonly maxActors: number
}

/**
 * Alerts of several rules about one actor, told as one: when an actor's alerts of medium or above within a window are of so
 * many different tactics. Each rule counts for one tactic, the first that its tags name, so that no single rule is a story.
 * As with episodes, the output depends on nothing but the calls.
 */
export interface Stories extends Remembering {
  /** Alerts that have just opened; others are passed over. `watermarkUs` is that of their cluster. */
  accept(opened: readonly Alert[], watermarkUs: (cluster: string) => number): readonly Alert[]
  advance(cluster: string, watermarkUs: number): readonly Alert[]
  /** While the watermark is before it, `advance` has nothing to return. */
  nextDueUs(cluster: string): number
  close(): readonly Alert[]
}

export const storyPrefix = 'episode/1/story/'
/** Alerts that one actor's record lists. */
const maxSteps = 50

export function createStories(options: StoryOptions): Stories {
  const { windowUs, minTactics, updateEveryUs, latenessUs, maximumUs, maxActors } = options
  /** By key, least recently touched first. */
  const actors = new RecencyMap<string, Story>()
  const agenda = createAgenda()
  const unsaved = createUnsaved()
  let touches = 0

  const closingUsOf = ({ activeUs, begunUs }: Story): number =>
    Math.min(activeUs + windowUs + latenessUs, begunUs + maximumUs)
  const updateUsOf = ({ hasNews, toldUs }: Story): number =>
    hasNews ? toldUs + updateEveryUs : Number.POSITIVE_INFINITY
  const schedule = (story: Story): void =>
    agenda.add(story.cluster, Math.min(closingUsOf(story), updateUsOf(story)), story.key)

  const end = (
    story: Story,
    nowUs: number,
    reason: Alert['closedBecause'],
    told: Alert[],
  ): void => {
    actors.delete(story.key)
    agenda.remove(story.key)
    unsaved.remove(story.key)
    if (story.revision > 0) told.push(tellStory(story, 'closed', nowUs, reason))
  }

  const storyOf = (alert: Alert, timeUs: number, nowUs: number): Story => {
    const { cluster, actor, peerIp } = alert
    const isStranger = isNameless(alert)
    const key = shortHash([cluster, actor, isStranger ? peerIp : ''])
    const known = actors.get(key)
    if (known !== undefined && timeUs <= known.openedUs + maximumUs) return known
    return {
      key,
      cluster,
      actor,
      effectiveUser: alert.effectiveUser,
      peerIp,
      group: isStranger ? { actor: actor || 'unauthenticated', peerIp } : { actor },
      id: '',
      steps: [],
      omitted: 0,
      level: alert.rule.level,
      openedUs: timeUs,
      begunUs: nowUs,
      activeUs: nowUs,
      revision: 0,
      toldUs: 0,
      hasNews: false,
      touched: 0,
    }
  }

  /** The alerts around a time that are of enough tactics together; none when there are not. */
  const windowWith = (steps: readonly Step[], timeUs: number): readonly Step[] => {
    for (const { timeUs: fromUs } of steps) {
      if (fromUs > timeUs || fromUs < timeUs - windowUs) continue
      const within = steps.filter(
        (step) => step.timeUs >= fromUs && step.timeUs <= fromUs + windowUs,
      )
      if (tacticsOf(within).length >= minTactics) return within
    }
    return []
  }

  const add = (alert: Alert, watermarkUs: number, told: Alert[]): void => {
    const step = stepOf(alert)
    if (step === undefined) return
    const nowUs = Math.max(step.timeUs, watermarkUs)
    const story = storyOf(alert, step.timeUs, nowUs)
    if (story.steps.some(({ alert: id }) => id === step.alert)) return
    const others = actors.get(story.key)
    if (others !== undefined && others !== story) end(others, others.activeUs, 'duration', told)
    if (story.revision > 0 && story.steps.length >= maxSteps) story.omitted += 1
    else story.steps = withRoom([...story.steps, step].sort(byTime))
    story.activeUs = Math.max(story.activeUs, nowUs)
    story.touched = ++touches
    actors.put(story.key, story)
    unsaved.change(story.key)
    grow(story, step, nowUs, told)
    schedule(story)
    const stalest = actors.size > maxActors ? actors.oldest()?.[1] : undefined
    if (stalest !== undefined) end(stalest, stalest.activeUs, 'evicted', told)
  }

  const grow = (story: Story, step: Step, nowUs: number, told: Alert[]): void => {
    if (story.revision === 0) {
      const steps = windowWith(story.steps, step.timeUs)
      if (steps.length === 0) {
        story.steps = story.steps.filter(({ timeUs }) => timeUs >= step.timeUs - windowUs)
        return
      }
      story.steps = steps
      story.id = shortHash([storyRule.id, story.key, step.alert])
      story.openedUs = step.timeUs
      story.begunUs = nowUs
      story.level = levelOfSteps(steps)
      told.push(tellStory(story, 'open', nowUs))
      return
    }
    const level = levelOfSteps(story.steps)
    story.hasNews = true
    if (level !== story.level) {
      const before = story.level
      story.level = level
      told.push({ ...tellStory(story, 'updated', nowUs), previousLevel: before })
    }
  }

  const advance = (cluster: string, watermarkUs: number): readonly Alert[] => {
    if (agenda.nextUs(cluster) > watermarkUs) return nothing
    const told: Alert[] = []
    for (const key of agenda.takeDue(cluster, watermarkUs)) {
      const story = actors.get(key)
      if (story !== undefined) settle(story, watermarkUs, told)
    }
    return told
  }

  const settle = (story: Story, nowUs: number, told: Alert[]): void => {
    const closingUs = closingUsOf(story)
    const updateUs = updateUsOf(story)
    if (updateUs <= nowUs && updateUs < closingUs) {
      told.push(tellStory(story, 'updated', updateUs))
      unsaved.change(story.key)
    }
    const reason = closingUs < story.begunUs + maximumUs ? 'quiet' : 'duration'
    if (closingUs <= nowUs) end(story, closingUs, reason, told)
    else schedule(story)
  }

  return {
    accept: (opened, watermarkUs) => {
      const told: Alert[] = []
      for (const alert of opened)
        if (alert.status === 'open' && isStoryLevel(alert.rule.level) && isSomebody(alert))
          add(alert, watermarkUs(alert.cluster), told)
      return told
    },
    advance,
    nextDueUs: agenda.nextUs,
    close: () => {
      const told: Alert[] = []
      for (const story of actors.values()) end(story, story.activeUs, 'end', told)
      return told
    },
    takeChanges: () => {
      const { changed, gone } = unsaved.take()
      return [
        ...gone.map((key): StateChange => ({ key: storyPrefix + key, value: undefined })),
        ...changed.flatMap((key): StateChange[] => {
          const story = actors.get(key)
          return story === undefined ? [] : [{ key: storyPrefix + key, value: encodeJson(story) }]
        }),
      ]
    },
    restore: (records) => {
      // Written by `takeChanges` of this version of the prefix.
      const stories = [...records].map(({ value }) => decodeJson(value) as Story)
      for (const story of stories.sort((a, b) => a.touched - b.touched)) {
        unsaved.restored(story.key)
        actors.put(story.key, story)
        touches = story.touched
        schedule(story)
      }
    },
  }
}

const nothing: readonly Alert[] = []

/** Strangers are told apart by their address. */
function isNameless({ actor }: Alert): boolean {
  return actor === '' || actor === 'system:anonymous'
}

function isSomebody(alert: Alert): boolean {
  return !isNameless(alert) || alert.peerIp !== ''
}

function byTime(a: Step, b: Step): number {
  return a.timeUs - b.timeUs || (a.alert < b.alert ? -1 : 1)
}

/** At most `maxSteps`: what is most frequent loses its oldest, so that nobody hides a tactic behind many of another. */
function withRoom(steps: readonly Step[]): readonly Step[] {
  if (steps.length <= maxSteps) return steps
  const byTactic = [...Map.groupBy(steps, ({ tactic }) => tactic).values()]
  const [oldest] = byTactic.reduce((most, other) => (other.length > most.length ? other : most))
  return steps.filter((step) => step !== oldest)
}
