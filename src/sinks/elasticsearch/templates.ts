import { createHash } from 'node:crypto'
import type { ElasticsearchSinkConfig } from './config.ts'
import { eventMapping } from './event-mapping.ts'
import { alertMapping } from './mapping.ts'
import { aliasOf, streamOf } from './names.ts'

/** To be raised with every change of what is below: a newer one in the cluster is left as it is. */
export const templateVersion = 1

/** Beats the template that Elasticsearch has for `logs-*-*` (100); that of Elastic's own integration (200), if it is installed, beats it. */
const priority = 150

/** What has to be in Elasticsearch before documents are written: one PUT each, in this order. */
export interface Template {
  readonly kind: 'component template' | 'index template'
  readonly name: string
  readonly path: string
  readonly body: TemplateBody
}

interface TemplateBody {
  readonly version: number
  readonly _meta: { readonly managed_by: 'kubewitness'; readonly hash: string }
}

const alertsBase = 'kubewitness-alerts@base'
const eventsBase = 'kubewitness-events@base'

type TemplateConfig = Pick<
  ElasticsearchSinkConfig,
  'namespace' | 'archiveEvents' | 'archive' | 'alertsIlmPolicy'
>

/** The templates that a sink of this configuration needs. */
export function templatesOf(config: TemplateConfig): readonly Template[] {
  return [...alertTemplates(config), ...(config.archiveEvents ? eventTemplates(config) : [])]
}

export function alertTemplates({
  namespace,
  alertsIlmPolicy,
}: TemplateConfig): readonly Template[] {
  const ilm = alertsIlmPolicy === undefined ? {} : { 'index.lifecycle.name': alertsIlmPolicy }
  return [
    componentTemplate(alertsBase, {
      settings: { 'index.auto_expand_replicas': '0-1', 'index.number_of_shards': 1 },
      mappings: alertMapping,
    }),
    indexTemplate(`kubewitness-alerts-${namespace}`, {
      index_patterns: [`${aliasOf(namespace)}-*`],
      ...composedOf(alertsBase, 'kubewitness-alerts@custom'),
      template: { settings: ilm, aliases: { [aliasOf(namespace)]: {} } },
    }),
  ]
}

export function eventTemplates({ namespace, archive }: TemplateConfig): readonly Template[] {
  const { ilmPolicy, retentionDays } = archive
  const lifecycle =
    retentionDays === undefined ? { enabled: true } : { data_retention: `${retentionDays}d` }
  return [
    componentTemplate(eventsBase, {
      settings: {
        'index.auto_expand_replicas': '0-1',
        'index.codec': 'best_compression',
        'index.refresh_interval': '5s',
      },
      mappings: eventMapping,
    }),
    indexTemplate(`kubewitness-events-${namespace}`, {
      index_patterns: [streamOf(namespace)],
      data_stream: {},
      ...composedOf(eventsBase, 'kubewitness-events@custom'),
      template:
        ilmPolicy === undefined
          ? { lifecycle }
          : { settings: { 'index.lifecycle.name': ilmPolicy } },
    }),
  ]
}

/** A template `…@custom` is the user's: it may change any setting, and need not be there. */
function composedOf(base: string, custom: string): object {
  return { composed_of: [base, custom], ignore_missing_component_templates: [custom], priority }
}

function componentTemplate(name: string, template: object): Template {
  const path = `/_component_template/${name}`
  return { kind: 'component template', name, path, body: versioned({ template }) }
}

function indexTemplate(name: string, body: object): Template {
  return { kind: 'index template', name, path: `/_index_template/${name}`, body: versioned(body) }
}

function versioned(body: object): TemplateBody {
  const hash = createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 16)
  return { ...body, version: templateVersion, _meta: { managed_by: 'kubewitness', hash } }
}
