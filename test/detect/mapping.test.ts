import { describe, expect, it } from 'vitest'
import { readMappingFile, readRules } from '../../src/app/rule-files.ts'
import type { Rule } from '../../src/contracts.ts'
import { reasonsOf } from '../../src/detect/explain.ts'
import { parseMapping } from '../../src/detect/mapping-file.ts'
import { ruleText } from '../sigma/support.ts'
import { matchBatch } from '../support/match-batch.ts'
import { batchOf, eventOf, execEvent, ruleSetOf } from './support.ts'

function ruleOf(selection: string, condition?: string): Rule {
  const text = ruleText(`selection: ${selection}`, condition)
  const { rules, problems } = readRules([{ path: 'rule.yml', text }])
  expect(problems).toEqual([])
  return rules[0]!
}

/** By both ways: on the event, and from the bytes through the index. */
function matches(selection: string, event: Readonly<Record<string, unknown>>): boolean {
  const ruleSet = ruleSetOf([ruleOf(selection)])
  const isMatch = ruleSet.matchEvent(eventOf(event)).length > 0
  const body = JSON.stringify({ ...event, kind: 'Event', apiVersion: 'audit.k8s.io/v1' })
  expect(matchBatch(ruleSet, batchOf(body)).matches.length > 0).toBe(isMatch)
  return isMatch
}

const added = { securityContext: { capabilities: { add: ['NET_ADMIN'] } } }
const dropped = { securityContext: { capabilities: { drop: ['ALL'] } } }
const hostPath = { volumes: [{ name: 'x' }, { name: 'y', hostPath: { path: '/etc' } }] }

/** Where each kind has the specification of its pods. */
const places: Readonly<Record<string, (podSpec: object) => object>> = {
  Pod: (spec) => ({ spec }),
  Deployment: (spec) => ({ spec: { template: { spec } } }),
  CronJob: (spec) => ({ spec: { jobTemplate: { spec: { template: { spec } } } } }),
  PodTemplate: (spec) => ({ template: { spec } }),
}

describe('names of other taxonomies', () => {
  it('stand for fields of events, and are known to the index under those', () => {
    const selection = '{ apiGroup: apps, resource: deployments, username: alice }'
    const objectRef = { resource: 'deployments', apiGroup: 'apps' }
    expect(matches(selection, { ...execEvent, objectRef })).toBe(true)
    expect(matches(selection, execEvent)).toBe(false)
  })

  it.each(Object.entries(places))('hostPath is found in a %s', (_kind, place) => {
    expect(matches("{ hostPath: '*' }", { ...execEvent, requestObject: place(hostPath) })).toBe(
      true,
    )
    expect(matches('{ hostPath: /etc }', { ...execEvent, requestObject: place(hostPath) })).toBe(
      true,
    )
    expect(matches('{ hostPath: /var }', { ...execEvent, requestObject: place(hostPath) })).toBe(
      false,
    )
  })

  it.each(['containers', 'initContainers', 'ephemeralContainers'])(
    'capabilities are those that %s add',
    (list) => {
      const bodyOf = (container: object) => ({ spec: { [list]: [{ name: 'x' }, container] } })
      expect(matches("{ capabilities: '*' }", { ...execEvent, requestObject: bodyOf(added) })).toBe(
        true,
      )
      expect(
        matches("{ capabilities: '*' }", { ...execEvent, requestObject: bodyOf(dropped) }),
      ).toBe(false)
    },
  )

  it('stand for single paths on both sides of a comparison of two fields', () => {
    const event = { ...execEvent, objectRef: { ...execEvent.objectRef, name: 'alice' } }
    expect(matches('{ name|fieldref: username }', event)).toBe(true)
    expect(matches('{ name|fieldref: username }', execEvent)).toBe(false)
  })

  it('are absent when no path has a value', () => {
    expect(matches('{ hostPath: null }', execEvent)).toBe(true)
    expect(matches("{ hostPath: '*' }", execEvent)).toBe(false)
  })

  it('are told in the reasons of an alert', () => {
    const event = eventOf({ ...execEvent, requestObject: { spec: hostPath } })
    const match = ruleSetOf([ruleOf("{ hostPath: '*' }")]).matchEvent(event)[0]!
    expect(reasonsOf(match.rule, event)).toEqual([
      { selection: 'selection', field: 'hostPath', value: '/etc' },
    ])
  })
})

describe('a value that no event has', () => {
  const forbidden = {
    ...execEvent,
    annotations: { 'authorization.k8s.io/decision': 'forbid' },
    responseStatus: { code: 403 },
  }

  it('is looked for where what it means stands', () => {
    expect(matches("{ responseStatus.code: 'ALLOW' }", execEvent)).toBe(true)
    expect(matches("{ responseStatus.code: 'ALLOW' }", forbidden)).toBe(false)
  })

  it('leaves the other values of its list where they are', () => {
    expect(matches("{ responseStatus.code: ['ALLOW', 403] }", execEvent)).toBe(true)
    expect(matches("{ responseStatus.code: ['ALLOW', 403] }", forbidden)).toBe(true)
    expect(matches("{ responseStatus.code: ['ALLOW', 404] }", forbidden)).toBe(false)
    expect(matches('{ responseStatus.code: 200 }', execEvent)).toBe(false)
  })
})

describe('a mapping file', () => {
  it('that comes with the product has no problem', () => {
    expect(parseMapping(readMappingFile()).problems).toEqual([])
  })

  it('has each of its problems named with its place', () => {
    const text = [
      'fields:',
      '  verb: stage',
      '  a: objectref.resource',
      "  b: '{pods}.x'",
      '  c: []',
      'values:',
      '  - { name: x, field: verb }',
      'names: {}',
    ].join('\n')
    const { problems } = parseMapping({ path: 'm.yml', text })
    expect(problems.map(({ code, line, column }) => `${code} ${line}:${column}`)).toEqual([
      'mapping.key 8:1',
      'mapping.field 2:3',
      'mapping.path 3:3',
      'mapping.part 4:3',
      'mapping.path 5:3',
      'mapping.value 7:5',
    ])
  })

  it('that is no map, or no YAML, is refused', () => {
    for (const text of ['- x', 'a: [', '', '--- {}\n--- {}'])
      expect(parseMapping({ path: 'm.yml', text }).problems.length, text).toBe(text === '' ? 0 : 1)
  })
})
