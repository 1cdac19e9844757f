/** Two clocks, given by whoever runs the rules; differences count. */
export interface RuleTiming {
  /** Of the wall. Asked twice for each event that is evaluated. */
  readonly nowMs: () => number
  /** Time that this thread has had on a processor, so that a busy machine blames nobody. Asked for slow events only. */
  readonly cpuMs: () => number
}

/** Every test is linear in the size of the event; so much of it is more than any well-meant rule takes. */
const limitMs = 20
const limitMsPerKb = 0.2
const strikesAllowed = 2

/** Finds the rules that take out of all proportion. */
export interface SlowRules {
  /** Call before the rules of one event. */
  begin(): void
  /** Whether they took too long together; call behind them. */
  isOver(eventBytes: number): boolean
  /**
   * Call when they did: each of `candidates` is run again, alone and by the processor's time. `run` is given its number,
   * and evaluates without what others left in caches.
   */
  blame(eventBytes: number, candidates: readonly number[], run: (rule: number) => void): void
}

/** `onSlow` is told once of a rule that was too slow for the third event. `timing` absent: nobody watches. */
export function createSlowRules(
  timing: RuleTiming | undefined,
  onSlow: (rule: number, message: string) => void,
): SlowRules {
  if (timing === undefined)
    return { begin: () => undefined, isOver: () => false, blame: () => undefined }
  const { nowMs, cpuMs } = timing
  const strikes = new Map<number, number>()
  let startedMs = 0
  return {
    begin: () => {
      startedMs = nowMs()
    },
    isOver: (eventBytes) => nowMs() - startedMs > allowedMs(eventBytes),
    blame: (eventBytes, candidates, run) => {
      for (const rule of candidates) {
        const beforeMs = cpuMs()
        run(rule)
        const tookMs = cpuMs() - beforeMs
        if (tookMs <= allowedMs(eventBytes)) continue
        const count = (strikes.get(rule) ?? 0) + 1
        strikes.set(rule, count)
        if (count === strikesAllowed + 1) onSlow(rule, slowness(tookMs, eventBytes, count))
      }
    },
  }
}

function allowedMs(eventBytes: number): number {
  return limitMs + (eventBytes / 1024) * limitMsPerKb
}

function slowness(tookMs: number, eventBytes: number, count: number): string {
  return `it took ${tookMs.toFixed(0)} ms for an event of ${eventBytes} bytes, and was too slow for ${count} events by now`
}
