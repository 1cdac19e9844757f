import { expect, it } from 'vitest'
import { toAuditEvent } from '../../src/audit/event.ts'
import type { Explanation } from '../../src/detect/explanation.ts'
import { explainRule } from '../../src/detect/explanation.ts'
import { parseRule } from '../sigma/support.ts'

function explain(detection: readonly string[], event: object): Explanation {
  const lines = ['title: A', 'logsource: { product: kubernetes }', 'detection:', ...detection]
  return explainRule(
    parseRule(lines.join('\n')),
    toAuditEvent({ ...event }, { cluster: 'test', receivedAtMs: 0 }),
  )
}

function at(line: number, column: number): object {
  return { location: { path: 'rule.yml', line, column } }
}

it('says of every part of a condition whether it holds, with the values: absent, empty and null are three', () => {
  const detection = [
    '  s: { verb: [get, list], stage: null, sourceIPs: 192.0.2.1 }',
    '  f: { user.uid: 1 }',
    '  condition: s and not f',
  ]
  expect(explain(detection, { verb: 'get', sourceIPs: [], user: { uid: null } })).toEqual({
    kind: 'and',
    holds: false,
    items: [
      {
        kind: 'and',
        holds: false,
        selection: 's',
        items: [
          {
            kind: 'test',
            holds: true,
            selection: 's',
            field: 'verb',
            test: 'equals get or equals list',
            values: ['get'],
            ...at(4, 8),
          },
          {
            kind: 'test',
            holds: true,
            selection: 's',
            field: 'stage',
            test: 'is absent or null',
            ...at(4, 27),
          },
          {
            kind: 'test',
            holds: false,
            selection: 's',
            field: 'sourceIPs',
            test: 'equals 192.0.2.1',
            values: [],
            ...at(4, 40),
          },
        ],
      },
      {
        kind: 'not',
        holds: true,
        selection: 'f',
        items: [
          {
            kind: 'test',
            holds: false,
            selection: 'f',
            field: 'user.uid',
            test: 'equals 1',
            values: [null],
            ...at(5, 8),
          },
        ],
      },
    ],
  })
})

it('shows where a keyword was found, and both of two fields', () => {
  const detection = ['  k: [alp]', '  p: { verb|fieldref: stage }', '  condition: k or p']
  expect(explain(detection, { verb: 'alpha', level: 'x' })).toEqual({
    kind: 'or',
    holds: true,
    items: [
      {
        kind: 'test',
        holds: true,
        selection: 'k',
        test: 'is like *alp*',
        values: ['alpha'],
        ...at(4, 7),
      },
      {
        kind: 'test',
        holds: false,
        selection: 'p',
        field: 'verb',
        otherField: 'stage',
        test: 'equals the field stage',
        values: ['alpha'],
        ...at(5, 8),
      },
    ],
  })
})

it('says of a block about the elements of an array whether it holds, with the elements', () => {
  const lines = [
    'title: A',
    'sigma-version: 3',
    'logsource: { product: kubernetes }',
    'detection: { s: { "sourceIPs[any]": { ".": 192.0.2.1 } }, condition: s }',
  ]
  const event = toAuditEvent({ sourceIPs: ['192.0.2.9'] }, { cluster: 'test', receivedAtMs: 0 })
  expect(explainRule(parseRule(lines.join('\n')), event)).toMatchObject({
    kind: 'test',
    holds: false,
    field: 'sourceIPs',
    test: 'has any of its elements as the block asks',
    values: ['192.0.2.9'],
  })
})
