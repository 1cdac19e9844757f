import { describe, expect, it } from 'vitest'
import { elasticsearchSinkSchema } from '../../../src/sinks/elasticsearch/config.ts'
import { productOf } from '../../../src/sinks/elasticsearch/products.ts'
import { templatesOf, templateVersion } from '../../../src/sinks/elasticsearch/templates.ts'

function configOf(options: object = {}) {
  return elasticsearchSinkSchema.parse({
    name: 'search',
    type: 'elasticsearch',
    nodes: ['http://127.0.0.1:9200'],
    archiveEvents: true,
    ...options,
  })
}

function templatesFor(options: object = {}) {
  const config = configOf(options)
  return templatesOf(config, productOf(config).dialect)
}

describe('templates', () => {
  it('have another version when they are not what they were', () => {
    const hashes = templatesFor().map(({ name, body }) => `${name} ${body._meta.hash}`)
    expect({ templateVersion, hashes }).toMatchInlineSnapshot(`
      {
        "hashes": [
          "kubewitness-alerts@base 3111562e869c7db2",
          "kubewitness-alerts-default 50b4859dc4dc3688",
          "kubewitness-events@base 53f9fea2e94c1d30",
          "kubewitness-events-default b8b68c8c24fddfec",
        ],
        "templateVersion": 1,
      }
    `)
  })

  it('leave the life of the data stream to Elasticsearch, with an end or without, or to a policy', () => {
    const lifeOf = (archive: object) => templatesFor({ archive })[3]?.body
    expect(lifeOf({})).toMatchObject({ template: { lifecycle: { enabled: true } } })
    expect(lifeOf({ retentionDays: 30 })).toMatchObject({
      template: { lifecycle: { data_retention: '30d' } },
    })
    expect(lifeOf({ ilmPolicy: 'logs' })).toMatchObject({
      template: { settings: { 'index.lifecycle.name': 'logs' } },
    })
    expect(() => configOf({ archive: { ilmPolicy: 'logs', retentionDays: 30 } })).toThrow(
      'one of retentionDays, ilmPolicy',
    )
  })

  it('are those of alerts alone when events are not kept', () => {
    const names = templatesFor({ archiveEvents: false, alertsIlmPolicy: 'year' })
    expect(names.map(({ name }) => name)).toEqual([
      'kubewitness-alerts@base',
      'kubewitness-alerts-default',
    ])
    expect(names[1]?.body).toMatchObject({
      template: { settings: { 'index.lifecycle.name': 'year' } },
    })
  })
})
