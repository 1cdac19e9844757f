import type { ElasticsearchSinkConfig } from './config.ts'
import { aliasOf, streamOf } from './names.ts'
import type { Access } from './product.ts'

interface RoleDescriptor {
  readonly cluster: readonly string[]
  readonly indices: readonly {
    readonly names: readonly string[]
    readonly privileges: readonly string[]
  }[]
}

/**
 * The least that the service needs once the templates are there: to look at them (`monitor`), to make the index of a
 * month or the data stream by writing to it (`auto_configure`), to write. It may not read, change or delete.
 */
export function servicePrivileges(config: {
  readonly namespace: string
  readonly archiveEvents: boolean
}): RoleDescriptor {
  const alerts = {
    names: [`${aliasOf(config.namespace)}-*`],
    privileges: ['auto_configure', 'index'],
  }
  const events = {
    names: [streamOf(config.namespace)],
    privileges: ['auto_configure', 'create_doc'],
  }
  return { cluster: ['monitor'], indices: config.archiveEvents ? [alerts, events] : [alerts] }
}

/** What `sinks setup` needs, and the service with `setup: auto` besides its own. */
export const setupPrivileges: RoleDescriptor = { cluster: ['manage_index_templates'], indices: [] }

/** Makes the API key of the service. */
export function apiKeyRequest(config: ElasticsearchSinkConfig): Access['request'] {
  return {
    method: 'POST',
    path: '/_security/api_key',
    body: {
      name: `kubewitness-${config.name}`,
      role_descriptors: { kubewitness: servicePrivileges(config) },
    },
  }
}
