/** An object as Kibana exports it (Stack Management, Saved Objects), of Kibana 8.9 and later. */
export interface SavedObject {
  readonly id: string
  readonly type: 'index-pattern' | 'lens' | 'dashboard'
  readonly attributes: Readonly<Record<string, unknown>>
  readonly references: readonly Reference[]
  readonly coreMigrationVersion: string
  readonly typeMigrationVersion: string
}

interface Reference {
  readonly id: string
  readonly name: string
  readonly type: string
}

interface DataView {
  readonly id: string
  readonly title: string
  readonly name: string
}

const alerts: DataView = {
  id: 'kubewitness-alerts',
  title: 'kubewitness-alerts-*',
  name: 'Kubewitness alerts',
}
const events: DataView = {
  id: 'kubewitness-events',
  title: 'logs-kubernetes.audit_logs-*',
  name: 'Kubernetes audit events',
}

/** A panel of the dashboard: counts, by time or by the most frequent values of a field. */
interface Panel {
  readonly id: string
  readonly title: string
  readonly view: DataView
  readonly kind: 'time' | 'table'
  /** What the counts are split by. */
  readonly field: string
  readonly query?: string
  /** Columns and rows on the grid of the dashboard, which has 48 columns. */
  readonly grid: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
}

const audit = 'kubernetes.audit'
const code = `${audit}.responseStatus.code`

const panels: readonly Panel[] = [
  {
    id: 'timeline',
    title: 'Alerts over time',
    view: alerts,
    kind: 'time',
    field: 'kubewitness.alert.rule.level',
    grid: { x: 0, y: 0, w: 48, h: 12 },
  },
  {
    id: 'rules',
    title: 'Alerts by rule',
    view: alerts,
    kind: 'table',
    field: 'rule.name',
    grid: { x: 0, y: 12, w: 16, h: 15 },
  },
  {
    id: 'actors',
    title: 'Alerts by actor',
    view: alerts,
    kind: 'table',
    field: 'user.name',
    grid: { x: 16, y: 12, w: 16, h: 15 },
  },
  {
    id: 'namespaces',
    title: 'Alerts by namespace',
    view: alerts,
    kind: 'table',
    field: 'orchestrator.namespace',
    grid: { x: 32, y: 12, w: 16, h: 15 },
  },
  {
    id: 'techniques',
    title: 'Alerts by ATT&CK technique',
    view: alerts,
    kind: 'table',
    field: 'threat.technique.id',
    grid: { x: 0, y: 27, w: 16, h: 15 },
  },
  {
    id: 'refused-users',
    title: 'Most refused users',
    view: events,
    kind: 'table',
    field: 'user.name',
    query: `${code} >= 401 and ${code} <= 403`,
    grid: { x: 16, y: 27, w: 16, h: 15 },
  },
  {
    id: 'refused-resources',
    title: 'Most refused resources',
    view: events,
    kind: 'table',
    field: `${audit}.objectRef.resource`,
    query: 'event.outcome : "failure"',
    grid: { x: 32, y: 27, w: 16, h: 15 },
  },
  {
    id: 'events',
    title: 'Events over time by verb',
    view: events,
    kind: 'time',
    field: 'event.action',
    grid: { x: 0, y: 42, w: 48, h: 12 },
  },
]

/** The dashboard, its panels and the data views that they read, in an order in which they can be made. */
export function kibanaObjects(): readonly SavedObject[] {
  return [
    dataViewObject(alerts),
    dataViewObject(events),
    ...panels.map(panelObject),
    dashboardObject(),
  ]
}

function dataViewObject({ id, title, name }: DataView): SavedObject {
  return {
    id,
    type: 'index-pattern',
    attributes: { title, name, timeFieldName: '@timestamp' },
    references: [],
    coreMigrationVersion: '8.8.0',
    typeMigrationVersion: '8.0.0',
  }
}

function panelObject(panel: Panel): SavedObject {
  const { title, view, kind, query = '' } = panel
  const layer = 'layer'
  const columns = columnsOf(panel)
  return {
    id: panelId(panel),
    type: 'lens',
    attributes: {
      title: `Kubewitness: ${title}`,
      visualizationType: kind === 'time' ? 'lnsXY' : 'lnsDatatable',
      state: {
        datasourceStates: {
          formBased: {
            layers: {
              [layer]: { columns, columnOrder: Object.keys(columns), incompleteColumns: {} },
            },
          },
        },
        visualization: kind === 'time' ? barsOf(layer) : tableOf(layer),
        query: { language: 'kuery', query },
        filters: [],
        internalReferences: [],
        adHocDataViews: {},
      },
    },
    references: [
      { id: view.id, name: `indexpattern-datasource-layer-${layer}`, type: 'index-pattern' },
    ],
    coreMigrationVersion: '8.8.0',
    typeMigrationVersion: '8.9.0',
  }
}

function columnsOf({ kind, field }: Panel): Readonly<Record<string, object>> {
  const values = {
    label: field,
    dataType: 'string',
    operationType: 'terms',
    sourceField: field,
    isBucketed: true,
    scale: 'ordinal',
    params: {
      size: kind === 'time' ? 8 : 15,
      orderBy: { type: 'column', columnId: 'count' },
      orderDirection: 'desc',
      otherBucket: kind === 'time',
      missingBucket: false,
      parentFormat: { id: 'terms' },
    },
  }
  const count = {
    label: 'Count',
    dataType: 'number',
    operationType: 'count',
    sourceField: '___records___',
    isBucketed: false,
    scale: 'ratio',
    params: { emptyAsNull: true },
  }
  const time = {
    label: '@timestamp',
    dataType: 'date',
    operationType: 'date_histogram',
    sourceField: '@timestamp',
    isBucketed: true,
    scale: 'interval',
    params: { interval: 'auto', includeEmptyRows: true, dropPartials: false },
  }
  return kind === 'time' ? { values, time, count } : { values, count }
}

function barsOf(layerId: string): object {
  return {
    preferredSeriesType: 'bar_stacked',
    legend: { isVisible: true, position: 'right' },
    valueLabels: 'hide',
    layers: [
      {
        layerId,
        layerType: 'data',
        seriesType: 'bar_stacked',
        xAccessor: 'time',
        accessors: ['count'],
        splitAccessor: 'values',
      },
    ],
  }
}

function tableOf(layerId: string): object {
  return { layerId, layerType: 'data', columns: [{ columnId: 'values' }, { columnId: 'count' }] }
}

function dashboardObject(): SavedObject {
  const panelsJson = panels.map(({ id, grid, title }) => ({
    type: 'lens',
    gridData: { ...grid, i: id },
    panelIndex: id,
    embeddableConfig: { enhancements: {} },
    title,
    panelRefName: `panel_${id}`,
  }))
  return {
    id: 'kubewitness',
    type: 'dashboard',
    attributes: {
      title: 'Kubewitness',
      description: 'Alerts by rule, actor and namespace; who and what was refused.',
      timeRestore: true,
      timeFrom: 'now-24h',
      timeTo: 'now',
      refreshInterval: { pause: true, value: 60_000 },
      optionsJSON: JSON.stringify({ useMargins: true, hidePanelTitles: false }),
      panelsJSON: JSON.stringify(panelsJson),
      kibanaSavedObjectMeta: {
        searchSourceJSON: JSON.stringify({ query: { language: 'kuery', query: '' }, filter: [] }),
      },
    },
    references: panels.map((panel) => ({
      id: panelId(panel),
      name: `${panel.id}:panel_${panel.id}`,
      type: 'lens',
    })),
    coreMigrationVersion: '8.8.0',
    typeMigrationVersion: '8.9.0',
  }
}

function panelId({ id }: Panel): string {
  return `kubewitness-${id}`
}
