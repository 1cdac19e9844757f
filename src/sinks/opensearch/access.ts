import { aliasOf, streamOf } from '../elasticsearch/names.ts'
import type { Access } from '../elasticsearch/product.ts'
import type { OpensearchSinkConfig } from './config.ts'

interface Role {
  readonly cluster_permissions: readonly string[]
  readonly index_permissions: readonly {
    readonly index_patterns: readonly string[]
    readonly allowed_actions: readonly string[]
  }[]
}

const lookAtTemplates = [
  'cluster:admin/component_template/get',
  'indices:admin/index_template/get',
] as const

/**
 * The least that the service needs once the templates are there: to look at them, to make the index of a month or the data
 * stream by writing to it, to write. It may not read or delete.
 */
export function serviceRole({
  namespace,
  archiveEvents,
}: Pick<OpensearchSinkConfig, 'namespace' | 'archiveEvents'>): Role {
  const writing = (pattern: string) => ({
    index_patterns: [pattern],
    allowed_actions: [
      'indices:admin/create',
      'indices:data/write/bulk[s]',
      'indices:data/write/index',
    ],
  })
  const alerts = writing(`${aliasOf(namespace)}-*`)
  const events = writing(streamOf(namespace))
  return {
    cluster_permissions: [...lookAtTemplates, 'indices:data/write/bulk'],
    index_permissions: archiveEvents ? [alerts, events] : [alerts],
  }
}

/** What `sinks setup` needs, and the service with `setup: auto` besides its own. */
export const setupRole: Role = {
  cluster_permissions: [
    ...lookAtTemplates,
    'cluster:admin/component_template/put',
    'indices:admin/index_template/put',
  ],
  index_permissions: [],
}

export function accessRequest(config: OpensearchSinkConfig): Access {
  return {
    setupNeeds: `the cluster permissions ${setupRole.cluster_permissions.join(', ')}, and to be an administrator of the security plugin for the last request`,
    comment:
      'The role of the service, with the least permissions: map the user that the sink logs in as to it, and set `setup: check`.',
    request: {
      method: 'PUT',
      path: `/_plugins/_security/api/roles/kubewitness-${config.name}`,
      body: serviceRole(config),
    },
  }
}
