import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import type { Logger, Metrics } from '../contracts.ts'
import { messageOf } from '../errors.ts'

/** Reads again what may change under a running service. Each attempt is taken whole or refused with an error in the diagnostics. */
export function createReload(
  attempts: readonly { readonly what: string; readonly action: () => Promise<void> }[],
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics },
): () => Promise<void> {
  return async () => {
    for (const { what, action } of attempts) {
      try {
        await action()
        metrics.add('kubewitness_reloads_total', 1, { outcome: 'done' })
        logger.info('Reloaded', { what })
      } catch (error) {
        metrics.add('kubewitness_reloads_total', 1, { outcome: 'refused' })
        logger.error('Reload refused; what was in use stays', { what, message: messageOf(error) })
      }
    }
  }
}

/** Rule paths of the user, and the files of the tokens; the rules that come with the product do not change under it. */
export function watchedPaths(config: Config): string[] {
  const tokenFiles = config.webhook.clusters.flatMap((cluster) =>
    cluster.tokenFile === undefined ? [] : [cluster.tokenFile],
  )
  const mapping = config.rules.mapping === undefined ? [] : [config.rules.mapping]
  return [
    ...config.rules.paths,
    ...mapping,
    ...tokenFiles,
    adminTokenFile(config),
    join(config.dataDirectory, 'tokens'),
  ]
}

/** The file whose tokens may change something through the admin listener. */
export function adminTokenFile({ admin, dataDirectory }: Config): string {
  return admin.tokenFile ?? join(dataDirectory, 'admin-token')
}
