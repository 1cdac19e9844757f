import type { Clock } from '../../contracts.ts'
import { KubewitnessError, messageOf } from '../../errors.ts'
import type { ReadSecret } from '../../util/secret.ts'
import { isMisconfigured } from '../outcomes.ts'
import { withTimeout } from '../timeout.ts'
import { createLazyClient } from './client.ts'
import { requestOutcome } from './faults.ts'
import type { ProductWords } from './product.ts'
import { productOf, type SearchSinkConfig } from './products.ts'
import { put, stateOf, type TemplateState } from './setup.ts'
import { type Template, templatesOf } from './templates.ts'

export interface SetupStep extends Pick<Template, 'kind' | 'name'> {
  /** As it was found. */
  readonly state: TemplateState
  readonly action: 'made' | 'replaced' | 'left' | 'would be made' | 'would be replaced'
}

export interface SetupOptions {
  readonly readSecret: ReadSecret
  readonly clock: Clock
  readonly isDryRun: boolean
  readonly signal: AbortSignal
}

/** Makes what the sink needs and is missing or older. Throws `sink.unavailable` when the server cannot be asked, or does not allow it. */
export async function setUp(
  config: SearchSinkConfig,
  { readSecret, clock, isDryRun, signal }: SetupOptions,
): Promise<readonly SetupStep[]> {
  const product = productOf(config)
  const connection = createLazyClient(product, readSecret)
  const bounded = <T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    withTimeout(clock, config.timeoutMs, signal, run)
  const steps: SetupStep[] = []
  try {
    const client = await bounded(connection.get)
    for (const template of templatesOf(config, product.dialect)) {
      const { kind, name } = template
      const state = await bounded((one) => stateOf(client, template, one))
      const action = actionFor(state, isDryRun)
      if (action === 'made' || action === 'replaced')
        await bounded((one) => put(client, template, one))
      steps.push({ kind, name, state, action })
    }
    return steps
  } catch (error) {
    throw asSetupError(config.name, error, clock.nowMs(), product.words)
  } finally {
    await connection.discard()
  }
}

function actionFor(state: TemplateState, isDryRun: boolean): SetupStep['action'] {
  switch (state) {
    case 'missing':
      return isDryRun ? 'would be made' : 'made'
    case 'older':
    case 'different':
      return isDryRun ? 'would be replaced' : 'replaced'
    case 'current':
    case 'newer':
      return 'left'
  }
}

/** In the words that the sink itself has for it. */
function asSetupError(sinkName: string, error: unknown, nowMs: number, words: ProductWords): Error {
  const outcome = requestOutcome(sinkName, error, nowMs, words)
  if (outcome.status !== 'retry') return new Error(messageOf(error))
  const cause = outcome.error
  const next = cause instanceof KubewitnessError ? cause.next : undefined
  return new KubewitnessError(
    'sink.unavailable',
    cause.message.replace(/^writing to/, 'setting up'),
    {
      cause: error,
      next: isMisconfigured(outcome) && next !== undefined ? next : 'try again when it answers',
    },
  )
}
