import { productOf, type SearchSinkConfig } from './products.ts'
import { templatesOf } from './templates.ts'

/** What `sinks setup` would send, and the access of the service, in the form that the Dev Tools of Kibana and of OpenSearch Dashboards take. */
export function exportText(config: SearchSinkConfig): string {
  const { words, dialect, access } = productOf(config)
  const templates = templatesOf(config, dialect).map(
    ({ kind, name, path, body }) => `# ${kind} ${name}\n${requestText('PUT', path, body)}`,
  )
  const { method, path, body } = access.request
  return [
    `# What the sink ${config.name} needs in ${words.name}. Whoever does this by hand needs ${access.setupNeeds}.`,
    ...templates,
    `# ${access.comment}`,
    requestText(method, path, body),
    '',
  ].join('\n\n')
}

function requestText(method: string, path: string, body: object): string {
  return `${method} ${path}\n${JSON.stringify(body, undefined, 2)}`
}
