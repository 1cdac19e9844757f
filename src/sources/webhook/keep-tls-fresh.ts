import type { Clock, Logger } from '../../contracts.ts'
import { messageOf } from '../../errors.ts'
import type { TlsMaterial } from './tls-material.ts'

const checkIntervalMs = 3_600_000

export interface KeepTlsFreshOptions {
  readonly current: TlsMaterial
  readonly load: () => Promise<TlsMaterial>
  readonly use: (next: TlsMaterial) => void
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** Certificates run out, or are replaced on disk, while the process goes on: looks every hour, until the signal aborts. */
export async function keepTlsFresh(options: KeepTlsFreshOptions): Promise<void> {
  const { clock, load, logger, signal, use } = options
  let current = options.current
  while (await slept(clock, signal)) {
    try {
      const next = await load()
      if (next.cert === current.cert && next.clientCa === current.clientCa) continue
      use(next)
      current = next
      logger.info('Webhook certificate was replaced')
    } catch (error) {
      logger.error('Webhook certificate cannot be reloaded; the old one stays', {
        error: messageOf(error),
      })
    }
  }
}

async function slept(clock: Clock, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(checkIntervalMs, signal)
    return true
  } catch {
    return false
  }
}
