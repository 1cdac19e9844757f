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
