import type { Heard } from './sender-reports.ts'

/** What one API server sends, minute by minute. */
export interface SenderRate {
  /** Returns true for that by which it shows that it has just started: it asks itself for hundreds of things then. */
  heard(heard: Pick<Heard, 'events' | 'own'>, atMs: number): boolean
  /** What came in the last five minutes is a small part of what is usual. False while too little is known, and after a start. */
  isLow(nowMs: number): boolean
}

const minuteMs = 60_000
const recentMinutes = 5
const learningMinutes = 15
/** Each minute takes so much of the average's place: usual is what the last hour or so was like. */
const weight = 1 / 60
/** An API server is never so much quieter for five minutes, not even at night: it counts its own leases and watches. */
const lowShare = 0.1
/** Fewer than that in five minutes say nothing. */
const leastUsual = 300
const settlingMs = 10 * minuteMs

/** A starting API server makes about 475 requests to itself; running, a few a second at most. */
const burstEvents = 200
const burstFactor = 8

export function createSenderRate(startMs: number): SenderRate {
  let minute = Math.floor(startMs / minuteMs)
  /** Whole minutes that are over. */
  let minutes = 0
  let restartedMs = Number.NEGATIVE_INFINITY
  const events = { now: 0, usual: 0 }
  const own = { now: 0, usual: 0 }
  /** Events of whole minutes, the newest last. */
  const recent: number[] = []

  const turn = (nowMs: number): void => {
    const current = Math.floor(nowMs / minuteMs)
    // Of a silence of days, its last hours say as much.
    minute = Math.max(minute, current - 1000)
    for (; minute < current; minute++) {
      minutes += 1
      recent.push(events.now)
      if (recent.length > recentMinutes) recent.shift()
      for (const rate of [events, own]) {
        rate.usual += Math.max(weight, 1 / minutes) * (rate.now - rate.usual)
        rate.now = 0
      }
    }
  }

  return {
    heard: (heard, nowMs) => {
      turn(nowMs)
      events.now += heard.events
      own.now += heard.own
      const isBurst = own.now >= burstEvents && own.now > burstFactor * own.usual
      // In the first minute nothing is known of what is usual.
      if (!isBurst || minutes === 0 || nowMs - restartedMs < settlingMs) return false
      restartedMs = nowMs
      return true
    },
    isLow: (nowMs) => {
      turn(nowMs)
      if (minutes < learningMinutes || nowMs - restartedMs < settlingMs) return false
      const usual = events.usual * recentMinutes
      const sum = recent.reduce((total, count) => total + count, 0)
      // Nothing at all is silence.
      const isSending = (recent.at(-1) ?? 0) > 0
      return isSending && usual >= leastUsual && sum < lowShare * usual
    },
  }
}
