import type { Alert } from '../../contracts.ts'
import { isNews } from '../news.ts'
import { bySeverity } from '../severity.ts'
import type { SlackMessage } from './blocks.ts'
import { type AlertUrl, alertMessage, growthMessage } from './message.ts'
import { summaryMessage } from './summary.ts'
import type { Thread } from './threads.ts'

/** A message, and the alerts of the batch that it speaks for. */
export interface Mail {
  readonly message: SlackMessage
  readonly alerts: readonly PlannedAlert[]
  /** Where it goes: a message of its own, one under another, or in the place of another. */
  readonly to:
    | { readonly kind: 'channel' }
    | { readonly kind: 'reply'; readonly thread: Thread; readonly isBroadcast: boolean }
    | { readonly kind: 'edit'; readonly thread: Thread }
}

/** An alert in its newest revision of the batch, and the places of all of them there. */
export interface PlannedAlert {
  readonly alert: Alert
  readonly places: readonly number[]
}

export interface PlanOptions {
  readonly summariseAbove: number
  /** Where an alert has been told; `undefined` for a webhook, which does not learn it. */
  readonly threadOf: ((alert: string) => Thread | undefined) | undefined
  readonly alertUrl: AlertUrl | undefined
}

/** Threads that one write speaks in, at a message a second, while new alerts may have to wait. */
const maxThreadMails = 30

/** What is to be told of a batch: new alerts first, the most severe of them first. What is in no mail is done with as it is. */
export function planMails(batch: readonly Alert[], options: PlanOptions): Mail[] {
  const { alertUrl, summariseAbove, threadOf } = options
  const news: PlannedAlert[] = []
  const known: (PlannedAlert & { readonly thread: Thread })[] = []
  for (const planned of newestOf(batch)) {
    const thread = threadOf?.(planned.alert.id)
    if (thread !== undefined) known.push({ ...planned, thread })
    else if (isWorthPosting(planned, batch, threadOf !== undefined)) news.push(planned)
  }
  known.sort((a, b) => bySeverity(a.alert, b.alert))
  const escalated = known.filter(hasNewLevel)
  // A new level is never passed over: what has no room in threads is told as if it were new.
  news.push(...escalated.slice(maxThreadMails))
  news.sort((a, b) => bySeverity(a.alert, b.alert))
  const threadMails = [
    ...escalated.slice(0, maxThreadMails).map((each) => replyMail([each], true, alertUrl)),
    ...known.filter(isOver).map(
      ({ alert, places, thread }): Mail => ({
        message: alertMessage(alert, alertUrl),
        alerts: [{ alert, places }],
        to: { kind: 'edit', thread },
      }),
    ),
    ...[...Map.groupBy(known.filter(isGrowth), ({ thread }) => thread.ts).values()].map((each) =>
      replyMail(each, false, alertUrl),
    ),
  ]
  return [...newsMails(news, summariseAbove, alertUrl), ...threadMails.slice(0, maxThreadMails)]
}

function newestOf(batch: readonly Alert[]): PlannedAlert[] {
  const placesById = Map.groupBy(batch.keys(), (place) => batch[place]!.id)
  return [...placesById.values()].map((places) => {
    const revisions = places.map((place) => batch[place]!)
    return { alert: revisions.reduce((a, b) => (b.revision > a.revision ? b : a)), places }
  })
}

interface KnownAlert extends PlannedAlert {
  readonly thread: Thread
}

function hasNewLevel({ alert }: KnownAlert): boolean {
  return alert.status !== 'open' && alert.previousLevel !== undefined
}

/** A message that speaks of others is not edited for one: its end is told below it. */
function isOver({ alert, thread }: KnownAlert): boolean {
  return alert.status === 'closed' && !thread.isShared
}

/** That it opened is told already: a repeat after a crash says nothing. */
function isGrowth(known: KnownAlert): boolean {
  const { alert, thread } = known
  if (hasNewLevel(known)) return false
  return (
    alert.status === 'updated' || (alert.status === 'closed' && thread.isShared && alert.count > 1)
  )
}

function replyMail(
  known: readonly KnownAlert[],
  isBroadcast: boolean,
  alertUrl: AlertUrl | undefined,
): Mail {
  const [first] = known
  const alerts = known.map(({ alert, places }) => ({ alert, places }))
  // Callers give one at least.
  const { thread } = first!
  const message = growthMessage(
    alerts.map(({ alert }) => alert),
    alertUrl,
  )
  return { message, alerts, to: { kind: 'reply', thread, isBroadcast } }
}

/** The most severe alert of each rule singly, as far as the number allows, and the rest together. */
function newsMails(
  news: readonly PlannedAlert[],
  summariseAbove: number,
  alertUrl: AlertUrl | undefined,
): Mail[] {
  const single = (planned: PlannedAlert): Mail => ({
    message: alertMessage(planned.alert, alertUrl),
    alerts: [planned],
    to: { kind: 'channel' },
  })
  if (news.length <= summariseAbove) return news.map(single)
  const firstOfRule = new Map(news.toReversed().map((each) => [each.alert.rule.id, each]))
  const singles = news.filter((each) => firstOfRule.get(each.alert.rule.id) === each)
  const shown = new Set(singles.slice(0, summariseAbove))
  const rest = news.filter((each) => !shown.has(each))
  const summary: Mail = {
    message: summaryMessage(rest.map(({ alert }) => alert)),
    alerts: rest,
    to: { kind: 'channel' },
  }
  return [...[...shown].map(single), summary]
}

/** That an alert has grown is news to whom it was never told, which a webhook does not know. */
function isWorthPosting(
  { places }: PlannedAlert,
  batch: readonly Alert[],
  knows: boolean,
): boolean {
  return places.some((place) => {
    const revision = batch[place]!
    return isNews(revision) || (knows && revision.status === 'updated')
  })
}
