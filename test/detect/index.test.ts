import { describe, expect, it } from 'vitest'
import { annotationKeyBit } from '../../src/audit/annotation-families.ts'
import { knownPredicates, predicatesOn } from '../../src/audit/known-predicates.ts'
import { createRuleIndex } from '../../src/detect/index.ts'
import { either, type Requirement } from '../../src/detect/requirement.ts'
import { waysOf } from '../../src/detect/ways.ts'
import { ABSENT, foldedHash } from '../../src/util/hash.ts'
import { parseRule, ruleText } from '../sigma/support.ts'
import { batchOf } from './support.ts'

function ways(detection: string, condition = 'a'): readonly Requirement[] {
  return waysOf(parseRule(ruleText(detection, condition)).condition)
}

/** Of all ways together. */
function requirement(detection: string, condition = 'a'): Requirement {
  return ways(detection, condition).reduce(either)
}

/** Numbers of the candidates for each item. */
function candidates(detections: readonly string[], items: readonly string[]): number[][] {
  const index = createRuleIndex(detections.map((detection) => ways(`a: ${detection}`)))
  const of = index.open(batchOf(items.join('\n')))
  return items.map((_item, number) => [...of(number, false)])
}

const hashes = (...texts: string[]) => new Set(texts.map(foldedHash))

describe('what a condition requires of the columns', () => {
  it('is what any part of a conjunction requires', () => {
    expect(
      requirement('a: { verb: [GET, list], objectRef.resource: secrets, userAgent: x }'),
    ).toEqual({
      columns: new Map([
        ['verb', hashes('get', 'list')],
        ['objectRef.resource', hashes('secrets')],
      ]),
      texts: new Map([['userAgent', 'present']]),
      annotationBits: 0,
      needsStory: false,
      notUsers: new Set(),
      clauses: [],
      witness: [{ field: 'userAgent', text: 'x', isAtStart: true }],
    })
    expect(
      requirement('a: { verb: [get, list] }\nb: { verb: [list, watch] }', 'a and b').columns,
    ).toEqual(new Map([['verb', hashes('list')]]))
  })

  it('is the union over alternatives, and nothing where one requires nothing', () => {
    expect(
      requirement('a: { verb: get, stage: Panic }\nb: { verb: list }', 'a or b').columns,
    ).toEqual(new Map([['verb', hashes('get', 'list')]]))
    expect(requirement('a: { verb: get }\nb: [word]', 'a or b').columns).toEqual(new Map())
  })

  it('is nothing under a negation, and for keywords', () => {
    for (const condition of ['not a', 'b']) {
      const text = 'a: { verb: get }\nb: [word]'
      expect(requirement(text, condition)).toEqual({
        columns: new Map(),
        texts: new Map(),
        annotationBits: 0,
        needsStory: false,
        notUsers: new Set(),
        clauses: [],
        witness: undefined,
      })
    }
  })

  it('is absence where the value has to be null or absent', () => {
    const text =
      'a: { verb: null }\nb: { verb|exists: false }\nc: { verb: get }\nd: { verb|contains: e }'
    const absent = new Map([['verb', new Set([ABSENT])]])
    expect(requirement(text, 'a').columns).toEqual(absent)
    expect(requirement(text, 'b').columns).toEqual(absent)
    expect(requirement(text, 'a or c').columns).toEqual(
      new Map([['verb', new Set([ABSENT, ...hashes('get')])]]),
    )
    expect(requirement(text, 'a or d').columns).toEqual(new Map())
  })

  it('is a body for a field in one, and for one that is derived from bodies', () => {
    const bit = (field: string): number => predicatesOn(field)
    const clausesOf = (text: string) => requirement(text).clauses
    expect(clausesOf('a: { requestObject.spec.x: 1 }')).toEqual([
      { someTrue: bit('requestObject'), someFalse: 0 },
    ])
    expect(clausesOf('a: { images: x }')).toContainEqual({
      someTrue: bit('requestObject') | bit('responseObject'),
      someFalse: 0,
    })
    expect(clausesOf('a: { images: null }')).toEqual([])
  })

  it('is presence where the value can be anything', () => {
    expect(requirement("a: { impersonatedUser.username: '*' }").columns).toEqual(
      new Map([['impersonatedUser.username', 'present']]),
    )
    expect(requirement('a: { verb|contains: e }\nb: { verb: get }', 'a or b').columns).toEqual(
      new Map([['verb', 'present']]),
    )
    expect(requirement('a: { verb: get }\nb: { verb|contains: e }', 'a and b').columns).toEqual(
      new Map([['verb', hashes('get')]]),
    )
    expect(requirement('a: { verb|contains: e }\nb: { verb: get }', 'a and b').columns).toEqual(
      new Map([['verb', hashes('get')]]),
    )
  })

  it('is a bit of the filter for an annotation', () => {
    expect(requirement('a: { annotations.authorization.k8s.io/decision: allow }')).toEqual({
      columns: new Map(),
      texts: new Map(),
      annotationBits: annotationKeyBit('authorization.k8s.io/decision'),
      needsStory: false,
      notUsers: new Set(),
      clauses: [],
    })
    const text = "a: { annotations.x/y: '*' }\nb: { annotations.z: q, verb: get }"
    expect(requirement(text, 'a and b').annotationBits).toBe(
      annotationKeyBit('x/y') | annotationKeyBit('z'),
    )
    expect(requirement(text, 'a or b').annotationBits).toBe(
      annotationKeyBit('x/y') & annotationKeyBit('z'),
    )
    expect(requirement('a: { annotations.x|exists: false }').annotationBits).toBe(0)
  })

  it('is absence of a text, and that it is there', () => {
    const texts = (detection: string, condition = 'a') => requirement(detection, condition).texts
    expect(texts('a: { objectRef.name: null }')).toEqual(new Map([['objectRef.name', 'absent']]))
    expect(texts('a: { objectRef.namespace|startswith: kube- }')).toEqual(
      new Map([['objectRef.namespace', 'present']]),
    )
    expect(texts('a: { userAgent: [null, x] }')).toEqual(new Map())
    expect(texts('a: { userAgent: null }\nb: { userAgent: x }', 'a or b')).toEqual(new Map())
    // There where it is empty, and so is the actor then.
    expect(texts('a: { actor: null }')).toEqual(new Map())
    expect(requirement('a: { actor: null }').columns).toEqual(
      new Map([['user.username', hashes('').add(ABSENT)]]),
    )
  })

  it('is that the user is none of those that a negated test names', () => {
    const users = (detection: string, condition: string) =>
      [...requirement(detection, condition).notUsers].sort()
    const text = 'a: { user.username: [alice, Bob, "x*"] }\nb: { actor: [bob, carol] }'
    expect(users(text, 'not a')).toEqual(['alice', 'bob'])
    expect(users(text, 'not a and not b')).toEqual(['alice', 'bob', 'carol'])
    expect(users(text, 'not (a and b)')).toEqual(['bob'])
    expect(users('a: { user.username|cased: alice }', 'not a')).toEqual([])
    expect(users(text, 'a')).toEqual([])
  })

  it('is what derived fields say of texts', () => {
    const needles = (detection: string) => requirement(`a: ${detection}`).witness
    expect(needles('{ serviceAccountName: default }')).toEqual([
      { field: 'user.username', text: ':default' },
    ])
    expect(needles('{ serviceAccountNamespace|endswith: -system }')).toEqual([
      { field: 'user.username', text: '-system:' },
    ])
    expect(needles('{ requestPath|startswith: /debug/pprof }')).toEqual([
      { field: 'requestURI', text: '/debug/pprof' },
      { field: 'requestURI', text: '%' },
    ])
  })

  it('knows the actor by the column of the user', () => {
    expect(requirement('a: { actor: alice }').columns).toEqual(
      new Map([['user.username', hashes('alice')]]),
    )
  })
})

describe('what a condition requires of the known predicates', () => {
  const bitOf = (text: string) =>
    1 << knownPredicates.findIndex(({ field, values }) => values[0] === text || field === text)
  const isTrue = (...texts: string[]) => ({
    someTrue: texts.reduce((bits, text) => bits | bitOf(text), 0),
    someFalse: 0,
  })
  const isFalse = (...texts: string[]) => ({ someTrue: 0, someFalse: isTrue(...texts).someTrue })
  const clauses = (detection: string, condition = 'a') => requirement(detection, condition).clauses

  it('is one of the predicates that its alternatives imply, the narrowest of each', () => {
    expect(clauses('a: { userAgent|startswith: [kubectl/, wget/, KUBELET/v1] }')).toEqual([
      isTrue('kubectl/', 'curl/', 'kubelet/'),
    ])
    expect(clauses('a: { actor: "system:serviceaccount:kube-system:x" }')).toEqual([
      isTrue('system:serviceaccount:kube-system:'),
    ])
    expect(clauses('a: { user.groups|cased: System:Masters }')).toEqual([isTrue('system:masters')])
    expect(clauses('a: { peerIp|cidr: 10.0.0.0/8, claimedIps|exists: true }')).toEqual([
      isTrue('10.0.0.0/8'),
      isTrue('claimedIps'),
    ])
  })

  it.each([
    'a: { userAgent|startswith: [kubectl/, x] }',
    'a: { userAgent|contains: kubectl/ }',
    "a: { userAgent: ['kubectl/*', null] }",
    "a: { userAgent: ['kubectl/*', '*'] }",
    'a: { userAgent|re: ^kubectl/ }',
    'a: { peerIp|cidr: 10.0.0.0/16 }',
    'a: { claimedIps|exists: false }',
  ])('is nothing where an alternative implies none: %s', (detection) => {
    expect(clauses(detection)).toEqual([])
  })

  it('is that none is true which a negated test follows from', () => {
    const text =
      'a: { userAgent|contains: [controller-manager/, zz] }\nb: { user.username: "system:*" }'
    expect(clauses(text, 'not a')).toEqual([isFalse('kube-controller-manager/')])
    expect(clauses(text, 'not (a or b)').slice(0, 2)).toEqual([
      isFalse('kube-controller-manager/'),
      isFalse('system:'),
    ])
    expect(clauses(text, 'not a or b')).toEqual([
      { ...isFalse('kube-controller-manager/'), ...{ someTrue: bitOf('system:') } },
    ])
    expect(clauses(text, 'not (a and b)')[0]).toEqual(
      isFalse('kube-controller-manager/', 'system:'),
    )
    expect(clauses('a: { userAgent|startswith|cased: kubelet/ }', 'not a')).toEqual([])
    expect(clauses('a: { userAgent|startswith: curl/ }', 'not a')).toEqual([])
  })
})

describe('the index over rules', () => {
  it('leaves out rules that the predicates rule out, and none where they are unknown', () => {
    const rules = [
      '{ userAgent|startswith: kubectl/ }',
      '{ verb: get, userAgent|startswith: [curl/, kubelet/] }',
      '{ peerIp|cidr: 10.0.0.0/8 }',
    ]
    const items = [
      '{"verb":"get","stage":"Panic","userAgent":"kubectl/v1","sourceIPs":["10.0.0.1"]}',
      '{"verb":"get","stage":"Panic","userAgent":"kubelet/v1","sourceIPs":["192.0.2.1"]}',
      '{"verb":"get","stage":"Panic","userAgent":"k\\u0075belet/v1"}',
      '{"verb":"get","stage":"Panic","userAgent":"x","sourceIPs":["2001:db8::1"]}',
    ]
    expect(candidates(rules, items)).toEqual([[0, 2], [1], [0, 1], [2]])
  })

  it('gives the rules whose requirements an item meets, in order', () => {
    const rules = [
      '{ objectRef.resource: secrets, verb: [get, list] }',
      '{ verb: get }',
      '{ userAgent: x }',
      '{ objectRef.resource: [secrets, pods] }',
      '{ impersonatedUser.username|exists: true }',
    ]
    const items = [
      '{"verb":"get","stage":"Panic","objectRef":{"resource":"secrets"}}',
      '{"verb":"delete","stage":"Panic","objectRef":{"resource":"secrets"}}',
      '{"verb":"GET","stage":"Panic","impersonatedUser":{"username":"bob"}}',
      '{"stage":"Panic","auditID":"x"}',
    ]
    expect(candidates(rules, items)).toEqual([[0, 1, 3], [3], [1, 4], []])
  })

  it('never excludes by a column that the bytes leave open', () => {
    const rules = ['{ verb: get }', '{ objectRef.resource: secrets, verb: list }']
    const items = [
      String.raw`{"verb":"ge\u0074","stage":"Panic"}`,
      '{"verb":"gét","stage":"Panic"}',
      '{"verb":"list","stage":"Panic","objectRef":{"resource":["secrets"]}}',
      String.raw`{"verb":"l\u0069st","stage":"Panic","objectRef":{"resource":"secrets"}}`,
      '{"verb":"list","stage":"Panic","objectRef":{"resource":"pods"}}',
    ]
    expect(candidates(rules, items)).toEqual([[0], [0], [1], [0, 1], []])
  })

  it('leaves users alone by every byte of their names', () => {
    const index = createRuleIndex([
      ways('a: { verb: get }\nb: { user.username: System:X }', 'a and not b'),
    ])
    const items = ['system:x', 'SYSTEM:X', 'system:y', 'system:x\\u0020', ''].map(
      (name) => `{"verb":"get","stage":"Panic","user":{"username":"${name}"}}`,
    )
    const of = index.open(batchOf([...items, '{"verb":"get","stage":"Panic"}'].join('\n')))
    expect([0, 1, 2, 3, 4, 5].map((number) => of(number, false).length)).toEqual([0, 0, 1, 1, 1, 1])
  })

  it('excludes by annotation keys', () => {
    const rules = [
      '{ annotations.a/b: x }',
      '{ annotations.a/b: x, verb: get }',
      '{ annotations.c: x, annotations.a/b: y }',
    ]
    const items = [
      '{"verb":"get","stage":"Panic","annotations":{"a/b":"x"}}',
      '{"verb":"list","stage":"Panic","annotations":{"a/b":"x","c":"x"}}',
      '{"verb":"get","stage":"Panic","annotations":{"d":"x"}}',
      '{"verb":"get","stage":"Panic"}',
    ]
    expect(candidates(rules, items)).toEqual([[0, 1], [0, 2], [], []])
  })

  it('tells more than 32 rules apart', () => {
    const verbs = Array.from({ length: 70 }, (_, number) => `verb${number}`)
    const rules = verbs.map((verb) => `{ verb: ${verb} }`)
    const items = ['verb0', 'verb31', 'verb32', 'verb69', 'other'].map(
      (verb) => `{"verb":"${verb}","stage":"Panic"}`,
    )
    expect(candidates([...rules, '{ stage: Panic }'], items)).toEqual([
      [0, 70],
      [31, 70],
      [32, 70],
      [69, 70],
      [70],
    ])
  })

  it('takes rules that can match nothing', () => {
    expect(
      candidates(
        ['[{ verb: get }]', '{ verb|all: [get, list] }'],
        ['{"verb":"list","stage":"Panic"}'],
      ),
    ).toEqual([[]])
  })
})
