import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSender, type Sender, type SenderOptions } from './sender.ts'

/** Where a service listens, and the folder that has its data directory as `data`. */
export interface ReachedService {
  readonly folder: string
  readonly ports: { readonly webhook: number }
}

/** A sender that has the token of one cluster, and knows the certificate. */
export function createServiceSender(
  { folder, ports }: ReachedService,
  { cluster = 'default', ...options }: Partial<SenderOptions> & { readonly cluster?: string } = {},
): Sender {
  return createSender({
    url: `https://127.0.0.1:${ports.webhook}/audit/${cluster}`,
    token: readFileSync(join(folder, 'data', 'tokens', cluster), 'utf8').trim(),
    ca: readFileSync(join(folder, 'data', 'tls', 'ca.crt'), 'utf8'),
    protocol: 'h2',
    random: Math.random,
    timeScale: 0.01,
    ...options,
  })
}

/** Sends the bodies one after the other. Rejects when one is not accepted. */
export async function postBodies(
  service: ReachedService,
  bodies: readonly Uint8Array[],
): Promise<void> {
  const sender = createServiceSender(service)
  for (const body of bodies) {
    const { outcome, tries } = await sender.send(body, AbortSignal.timeout(60_000))
    if (outcome !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(tries)}`)
  }
  sender.close()
}
