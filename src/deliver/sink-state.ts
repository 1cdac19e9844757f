import type { Logger, Metrics, Outcome } from '../contracts.ts'
import { KubewitnessError, messageOf } from '../errors.ts'

/** Says once when a sink goes down, needs an operator, or is back; `kubewitness_sink_up` has the same. */
export interface SinkState {
  /** The outcomes of one write. It counts as taken when the sink has answered for any item; what was skipped tells nothing. */
  observe(outcomes: readonly Outcome[]): void
}

export function createSinkState(name: string, logger: Logger, metrics: Metrics): SinkState {
  let state: 'up' | 'down' | 'misconfigured' = 'up'
  return {
    observe: (outcomes) => {
      const tried = outcomes.filter(({ status }) => status !== 'skipped')
      if (tried.length === 0) return
      const failures = tried.filter((outcome) => outcome.status === 'retry')
      const isUp = failures.length < tried.length
      const worst = failures.find(({ error }) => needsOperator(error)) ?? failures[0]
      const next = isUp ? 'up' : needsOperator(worst?.error) ? 'misconfigured' : 'down'
      metrics.set('kubewitness_sink_up', isUp ? 1 : 0, { sink: name })
      if (next === state) return
      state = next
      const fields = { sink: name, error: messageOf(worst?.error) }
      if (next === 'up') logger.info('Sink is up again', { sink: name })
      else if (next === 'down')
        logger.warn('Sink is down; what it is to get waits in the log', fields)
      else logger.error('Sink refuses everything; what it is to get waits in the log', fields)
    },
  }
}

/** Sinks mark with `retryable: false` what will not heal by itself. */
function needsOperator(error: unknown): boolean {
  return error instanceof KubewitnessError && !error.retryable
}
