import { createHash } from 'node:crypto'
import { eventMapping } from './event-mapping.ts'
import { alertMapping } from './mapping.ts'
import { aliasOf, streamOf } from './names.ts'
import type { Dialect } from './product.ts'
import type { SearchSinkConfig } from './products.ts'
import { withFlattenedAs } from './shape.ts'

/** To be raised with every change of what is below: a newer one in the cluster is left as it is. */
export const templateVersion = 1

/** Beats the template that Elasticsearch has for `logs-*-*` (100); that of Elastic's own integration (200), if it is installed, beats it. */
const priority = 150

/** What has to be in the cluster before documents are written: one PUT each, in this order. */
export interface Template {
  readonly kind: 'component template' | 'index template'
  readonly name: string
  readonly path: string
  readonly body: TemplateBody
  /** Made when it is missing, and from then on left to the user. */
  readonly isUsers?: true
}

interface TemplateBody {
  readonly version: number
  readonly _meta: { readonly managed_by: 'kubewitness'; readonly hash: string }
}

const alertsBase = 'kubewitness-alerts@base'
const eventsBase = 'kubewitness-events@base'

type TemplateConfig = Pick<SearchSinkConfig, 'namespace' | 'archiveEvents'>

/** The templates that a sink of this configuration needs. */
export function templatesOf(config: TemplateConfig, dialect: Dialect): readonly Template[] {
  return [
    ...alertTemplates(config, dialect),
    ...(config.archiveEvents ? eventTemplates(config, dialect) : []),
  ]
}

export function alertTemplates(
  { namespace }: Pick<TemplateConfig, 'namespace'>,
  dialect: Dialect,
): readonly Template[] {
  const custom = customOf('kubewitness-alerts@custom', dialect)
  return [
    componentTemplate(alertsBase, {
      settings: { 'index.auto_expand_replicas': '0-1', 'index.number_of_shards': 1 },
      mappings: withFlattenedAs(dialect.flattened?.alerts, alertMapping),
    }),
    ...custom.templates,
    indexTemplate(`kubewitness-alerts-${namespace}`, {
      index_patterns: [`${aliasOf(namespace)}-*`],
      ...custom.composedWith(alertsBase),
      template: { settings: dialect.alertSettings, aliases: { [aliasOf(namespace)]: {} } },
    }),
  ]
}

export function eventTemplates(
  { namespace }: Pick<TemplateConfig, 'namespace'>,
  dialect: Dialect,
): readonly Template[] {
  const custom = customOf('kubewitness-events@custom', dialect)
  return [
    componentTemplate(eventsBase, {
      settings: {
        'index.auto_expand_replicas': '0-1',
        'index.codec': 'best_compression',
        'index.refresh_interval': '5s',
      },
      mappings: withFlattenedAs(dialect.flattened?.events, eventMapping),
    }),
    ...custom.templates,
    indexTemplate(`kubewitness-events-${namespace}`, {
      index_patterns: [streamOf(namespace)],
      data_stream: {},
      ...custom.composedWith(eventsBase),
      template: dialect.eventLife,
    }),
  ]
}

interface Custom {
  /** To be made before it is named. */
  readonly templates: readonly Template[]
  composedWith(base: string): object
}

/** A template `…@custom` is the user's: it may change any setting. Where it has to be there to be named, it is made empty. */
function customOf(custom: string, { hasOptionalComponents }: Dialect): Custom {
  const optional = hasOptionalComponents ? { ignore_missing_component_templates: [custom] } : {}
  return {
    templates: hasOptionalComponents ? [] : [{ ...componentTemplate(custom, {}), isUsers: true }],
    composedWith: (base) => ({ composed_of: [base, custom], ...optional, priority }),
  }
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
