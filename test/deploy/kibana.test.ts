import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { eventMapping } from '../../src/sinks/elasticsearch/event-mapping.ts'
import { alertMapping } from '../../src/sinks/elasticsearch/mapping.ts'
import { kibanaObjects, type SavedObject } from '../support/kibana-objects.ts'
import { mappedFields } from '../support/mapped-fields.ts'

const file = new URL('../../deploy/kibana/kubewitness.ndjson', import.meta.url)

function shipped(): SavedObject[] {
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as SavedObject)
}

/** Every text that stands under a key of this name, and the fields of queries. */
function fieldsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    if (key === 'sourceField' || key === 'timeFieldName') return [String(inner)]
    if (key === 'query' && typeof inner === 'string')
      return [...inner.matchAll(/([\w.@]+)\s*(?::|[<>]=?)/g)].map(([, field = '']) => field)
    return fieldsOf(inner)
  })
}

interface PanelState {
  readonly datasourceStates: {
    readonly formBased: {
      readonly layers: Readonly<
        Record<
          string,
          {
            readonly columns: Readonly<Record<string, { readonly params?: OrderedBy }>>
            readonly columnOrder: readonly string[]
          }
        >
      >
    }
  }
  readonly visualization: unknown
}

interface OrderedBy {
  readonly orderBy?: { readonly columnId: string }
}

/** Names of layers and columns in what shows them. */
function namesIn(value: unknown, keys: ReadonlySet<string>): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    keys.has(key) ? [inner].flat().map(String) : namesIn(inner, keys),
  )
}

const layerKeys = new Set(['layerId'])
const columnKeys = new Set(['columnId', 'xAccessor', 'accessors', 'splitAccessor'])

describe('the objects for Kibana', () => {
  it('are those that are shipped', () => {
    const text = kibanaObjects()
      .map((object) => `${JSON.stringify(object)}\n`)
      .join('')
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(file, text)
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  it('refer to objects that come before them', () => {
    const known = new Set<string>()
    for (const { id, type, references } of shipped()) {
      expect(references.filter((one) => !known.has(`${one.type} ${one.id}`))).toEqual([])
      known.add(`${type} ${id}`)
    }
    const dashboard = shipped().find(({ type }) => type === 'dashboard')
    const panels = JSON.parse(String(dashboard?.attributes['panelsJSON'])) as {
      panelIndex: string
      panelRefName: string
    }[]
    expect(panels.map(({ panelIndex, panelRefName }) => `${panelIndex}:${panelRefName}`)).toEqual(
      dashboard?.references.map(({ name }) => name),
    )
  })

  it('are one line each, of the keys that Kibana imports, each id once', () => {
    for (const object of shipped())
      expect(Object.keys(object).toSorted()).toEqual([
        'attributes',
        'coreMigrationVersion',
        'id',
        'references',
        'type',
        'typeMigrationVersion',
      ])
    const ids = shipped().map(({ type, id }) => `${type} ${id}`)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('show layers and columns that they have, each of a data view that they refer to', () => {
    for (const { type, attributes, references } of shipped()) {
      if (type !== 'lens') continue
      // A panel of the type lens has this state.
      const state = attributes['state'] as PanelState
      const { layers } = state.datasourceStates.formBased
      expect(references.map(({ name }) => name)).toEqual(
        Object.keys(layers).map((name) => `indexpattern-datasource-layer-${name}`),
      )
      const shown = namesIn(state.visualization, layerKeys)
      expect([...new Set(shown)]).toEqual(Object.keys(layers))
      for (const { columns, columnOrder } of Object.values(layers)) {
        const names = Object.keys(columns)
        expect(columnOrder).toEqual(names)
        const orderedBy = Object.values(columns).flatMap(
          ({ params }) => params?.orderBy?.columnId ?? [],
        )
        const used = [...namesIn(state.visualization, columnKeys), ...orderedBy]
        expect(new Set(used)).toEqual(new Set(names))
      }
    }
  })

  it('stand beside each other on the 48 columns of the dashboard', () => {
    const dashboard = shipped().find(({ type }) => type === 'dashboard')
    const panels = JSON.parse(String(dashboard?.attributes['panelsJSON'])) as {
      gridData: { x: number; y: number; w: number; h: number; i: string }
    }[]
    expect(panels).not.toEqual([])
    const taken = new Map<string, string>()
    for (const { gridData: grid } of panels) {
      expect(grid.x + grid.w).toBeLessThanOrEqual(48)
      for (let x = grid.x; x < grid.x + grid.w; x++)
        for (let y = grid.y; y < grid.y + grid.h; y++) {
          expect(taken.get(`${x},${y}`)).toBeUndefined()
          taken.set(`${x},${y}`, grid.i)
        }
    }
  })

  it('ask only for fields that are mapped, and can be counted', () => {
    const mappings = {
      'kubewitness-alerts': mappedFields(alertMapping),
      'kubewitness-events': mappedFields(eventMapping),
    }
    let asked = 0
    for (const { type, references, attributes } of shipped()) {
      if (type !== 'lens') continue
      // A panel reads one data view.
      const fields = mappings[references[0]?.id as keyof typeof mappings]
      for (const field of fieldsOf(attributes).filter((name) => name !== '___records___')) {
        asked++
        expect(fields.get(field), field).toMatch(/^(keyword|date|integer|long)$/)
      }
    }
    expect(asked).toBeGreaterThan(10)
  })
})
