import type { Alert, Outcome } from '../contracts.ts'
import { isNews } from './news.ts'
import { blameless, skipped, unavailable } from './outcomes.ts'
import { bySeverity } from './severity.ts'

/** A message for people and the places in the batch that it speaks for. */
export interface Notice<Message> {
  readonly message: Message
  readonly places: readonly number[]
}

export interface NoticeMakers<Message> {
  readonly ofOne: (alert: Alert) => Message
  readonly ofMany: (alerts: readonly Alert[]) => Message
}

/**
 * A message for each alert that is news, most severe first, of several revisions only the newest; when they are more
 * than `summariseAbove`, one message for all. What no message speaks for is done with as it is.
 */
export function noticesOf<Message>(
  batch: readonly Alert[],
  summariseAbove: number,
  { ofOne, ofMany }: NoticeMakers<Message>,
): Notice<Message>[] {
  const newest = newestNews(batch)
  if (newest.length > summariseAbove) {
    const message = ofMany(newest.map(({ alert }) => alert))
    return [{ message, places: newest.flatMap(({ places }) => places) }]
  }
  return newest
    .toSorted((a, b) => bySeverity(a.alert, b.alert))
    .map(({ alert, places }) => ({ message: ofOne(alert), places }))
}

/** The newest revision of each alert that is news, with the places of all of its revisions. */
export function newestNews(
  batch: readonly Alert[],
): { readonly alert: Alert; readonly places: readonly number[] }[] {
  const placesById = Map.groupBy(batch.keys(), (place) => batch[place]!.id)
  return [...placesById.values()].flatMap((places) => {
    const revisions = places.map((place) => batch[place]!)
    if (!revisions.some(isNews)) return []
    return [{ alert: revisions.reduce((a, b) => (b.revision > a.revision ? b : a)), places }]
  })
}

/**
 * Sends one after the other; what no notice speaks for is skipped. The first that asks for a repeat ends it: the rest is not
 * tried and asks for one too.
 */
export async function sendNotices<Message>(
  sinkName: string,
  batch: readonly Alert[],
  notices: readonly Notice<Message>[],
  send: (message: Message) => Promise<Outcome>,
): Promise<Outcome[]> {
  const notTried = unavailable(`posting to sink ${sinkName}: not tried yet`)
  const outcomes: Outcome[] = batch.map(() => skipped)
  for (const { places } of notices) for (const place of places) outcomes[place] = notTried
  for (const { message, places } of notices) {
    const outcome = await send(message)
    for (const place of places) outcomes[place] = outcome
    if (outcome.status === 'retry') {
      const same = blameless(outcome)
      return outcomes.map((each) => (each === notTried ? same : each))
    }
  }
  return outcomes
}
