import type { ClientOptions } from '@elastic/elasticsearch'
import type { ReadSecret } from '../../util/secret.ts'
import { readTlsFiles } from '../../util/tls-files.ts'
import { createHeaderCredential } from '../credential.ts'
import { readLogin } from './client.ts'
import type { ElasticsearchSinkConfig } from './config.ts'
import { pinnedAuthority } from './pinned-authority.ts'
import { apiKeyRequest, setupPrivileges } from './privileges.ts'
import type { SearchClient, SearchProduct } from './product.ts'

/** Elasticsearch as the product that a sink of this configuration writes to. */
export function elasticsearch(config: ElasticsearchSinkConfig): SearchProduct {
  const { retentionDays, ilmPolicy } = config.archive
  const lifecycle =
    retentionDays === undefined ? { enabled: true } : { data_retention: `${retentionDays}d` }
  return {
    words: {
      name: 'Elasticsearch',
      stranger: {
        problem: 'the server does not say that it is Elasticsearch',
        next: 'point nodes at Elasticsearch 8 or later, and let proxies pass the header x-elastic-product; for OpenSearch use a sink of type opensearch',
      },
      nodesAdvice: 'check that nodes are addresses of Elasticsearch 8 or later',
    },
    dialect: {
      maxFlatTextLength: Number.POSITIVE_INFINITY,
      hasOptionalComponents: true,
      alertSettings: ilmSettings(config.alertsIlmPolicy),
      eventLife: ilmPolicy === undefined ? { lifecycle } : { settings: ilmSettings(ilmPolicy) },
    },
    access: {
      setupNeeds: `the cluster privilege ${setupPrivileges.cluster.join(', ')}, and manage_api_key for the last request`,
      comment:
        'The API key of the service, with the least privileges: put `encoded` of the answer into the file that apiKeyFile names, and set `setup: check`.',
      request: apiKeyRequest(config),
    },
    read: async (readSecret) => {
      await clientOptions(config, readSecret)
    },
    connect: (readSecret, signal) => connect(config, readSecret, signal),
  }
}

function ilmSettings(policy: string | undefined): object {
  return policy === undefined ? {} : { 'index.lifecycle.name': policy }
}

async function connect(
  config: ElasticsearchSinkConfig,
  readSecret: ReadSecret,
  signal: AbortSignal,
): Promise<SearchClient> {
  const options = await clientOptions(config, readSecret)
  const { caFingerprint } = config.tls
  const pinned =
    caFingerprint === undefined
      ? {}
      : { ca: await pinnedAuthority(config.nodes, caFingerprint, signal) }
  // Loaded when it is needed: it takes more memory than all else together.
  const { Client } = await import('@elastic/elasticsearch')
  const client = new Client({ ...options, tls: { ...options.tls, ...pinned } })
  return {
    bulk: (lines, signal) =>
      client.bulk<string>(
        { operations: [...lines], filter_path: 'items.*.status,items.*.error.type' },
        { signal },
      ),
    request: (request, signal) => client.transport.request({ ...request }, { signal }),
    close: () => client.close(),
  }
}

/**
 * One attempt a request, no discovery of further nodes: repeating is not the client's work, and `nodes` are all there are. What the client
 * itself makes of a fingerprint is not asked for: it takes a chain for genuine whose signatures nobody has checked.
 */
async function clientOptions(
  config: ElasticsearchSinkConfig,
  readSecret: ReadSecret,
): Promise<ClientOptions> {
  const auth = await authentication(config, readSecret)
  const { caFingerprint: _, ...files } = config.tls
  return {
    nodes: [...config.nodes],
    maxRetries: 0,
    // Our own clock cuts a request off; this is behind it, for the case that a socket does not obey.
    requestTimeout: config.timeoutMs + 5_000,
    compression: config.compression,
    redaction: { type: 'remove' },
    ...(auth === undefined ? {} : { auth }),
    tls: await readTlsFiles(`sink ${config.name}`, files),
  }
}

async function authentication(
  config: ElasticsearchSinkConfig,
  readSecret: ReadSecret,
): Promise<ClientOptions['auth']> {
  const { apiKeyEnv, apiKeyFile, name } = config
  const apiKey = createHeaderCredential(name, apiKeyFile, apiKeyEnv, readSecret)
  if (apiKey !== undefined) return { apiKey: (await apiKey.read()).reveal() }
  return readLogin(config, readSecret)
}
