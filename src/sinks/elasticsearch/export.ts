import type { ElasticsearchSinkConfig } from './config.ts'
import { servicePrivileges, setupPrivileges } from './privileges.ts'
import { templatesOf } from './templates.ts'

/** What `sinks setup` would send, and the API key of the service, in the form that Kibana's Dev Tools take. */
export function exportText(config: ElasticsearchSinkConfig): string {
  const templates = templatesOf(config).map(
    ({ kind, name, path, body }) => `# ${kind} ${name}\n${requestText('PUT', path, body)}`,
  )
  return [
    `# What the sink ${config.name} needs in Elasticsearch. Whoever does this by hand needs the cluster privilege ${setupPrivileges.cluster.join(', ')}, and manage_api_key for the last request.`,
    ...templates,
    '# The API key of the service, with the least privileges: put `encoded` of the answer into the file that apiKeyFile names, and set `setup: check`.',
    requestText('POST', '/_security/api_key', {
      name: `kubewitness-${config.name}`,
      role_descriptors: { kubewitness: servicePrivileges(config) },
    }),
    '',
  ].join('\n\n')
}

function requestText(method: string, path: string, body: object): string {
  return `${method} ${path}\n${JSON.stringify(body, undefined, 2)}`
}
