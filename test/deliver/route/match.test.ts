import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { labelsOf } from '../../../src/deliver/route/labels.ts'
import { compileMatch, matchSchema } from '../../../src/deliver/route/match.ts'
import { makeAlert, makeRule } from '../../sinks/make-alert.ts'

const alert = makeAlert({
  rule: makeRule('high'),
  peerIps: ['192.0.2.7', '198.51.100.1'],
  targets: [
    { resource: 'pods', namespace: 'shop' },
    { resource: 'secrets', namespace: 'billing' },
    { resource: 'nodes' },
  ],
})

const matches = (match: object): boolean => compileMatch(matchSchema.parse(match))(labelsOf(alert))

describe('what a match takes', () => {
  it.each([
    ['a text that is the whole', { cluster: 'prod' }, true],
    ['a text that is a part', { cluster: 'pro' }, false],
    ['a text in other letters', { cluster: 'Prod' }, false],
    ['a wildcard', { cluster: 'p?o*' }, true],
    ['a wildcard that is escaped', { cluster: 'pro\\*' }, false],
    ['one of a list', { cluster: ['test', 'pr*'] }, true],
    ['none of a list', { cluster: ['test', 'stage'] }, false],
    ['a regular expression of the whole', { actor: { regex: 'alice|.*@example\\.com' } }, true],
    ['a regular expression of a part', { actor: { regex: 'alice' } }, false],
    ['an alternative that is anchored as a whole', { actor: { regex: 'x|alice' } }, false],
    ['not a text', { cluster: { not: 'prod' } }, false],
    ['not one of a list', { cluster: { not: ['a', 'b'] } }, true],
    ['not a regular expression', { actor: { not: { regex: 'system:.*' } } }, true],
    ['the name of the rule', { rule: 'exec_into_pod' }, true],
    ['the id of the rule', { rule: 'c5a9f0a4-5b1f-4a52-9f39-1d3d3a8b1c11' }, true],
    ['any of its tags', { tags: 'attack.t1609' }, true],
    ['no tag of it', { tags: 'attack.t16' }, false],
    ['no tag but others', { tags: { not: 'attack.execution' } }, false],
    ['the namespace of any object', { namespace: 'billing' }, true],
    ['objects without namespace', { namespace: '' }, true],
    ['the resource of any object', { resource: ['configmaps', 'secrets'] }, true],
    ['any address', { peerIp: '198.51.100.*' }, true],
    ['the effective user', { effectiveUser: 'alice@*' }, true],
    ['its level', { level: 'high' }, true],
    ['a list without its level', { level: ['medium', 'critical'] }, false],
    ['a level below', { minimumLevel: 'medium' }, true],
    ['its level at least', { minimumLevel: 'high' }, true],
    ['a level above', { minimumLevel: 'critical' }, false],
    ['two that hold', { cluster: 'prod', actor: 'alice*' }, true],
    ['one of two', { cluster: 'prod', actor: 'bob*' }, false],
  ])('%s', (_, match, expected) => {
    expect(matches(match)).toBe(expected)
  })

  it('is turned around by `not`, whatever it is', () => {
    const plain = fc.oneof(
      fc.constantFrom('prod', 'p*', '*', '', '?rod'),
      fc.array(fc.constantFrom('prod', 'test', '*x'), { minLength: 1 }),
      fc.constantFrom({ regex: 'p.*' }, { regex: 'prod' }, { regex: 'x' }),
    )
    fc.assert(
      fc.property(plain, (value) => {
        expect(matches({ cluster: { not: value } })).toBe(!matches({ cluster: value }))
      }),
    )
  })
})

describe('a match that is refused', () => {
  it.each([
    [
      'nothing at all',
      {},
      'names nothing; allowed here: minimumLevel, level, rule, cluster, namespace, resource, actor, effectiveUser, peerIp, tags',
    ],
    ['a level that there is not', { level: 'hihg' }, 'Invalid'],
    ['an expression that is not linear', { actor: { regex: '(a)\\1' } }, 'back-references'],
    ['an expression that cannot be read', { actor: { regex: '(' } }, 'look-around'],
    ['an empty list', { cluster: [] }, ''],
    ['a label that there is not', { clutser: 'prod' }, 'clutser'],
    ['an expression that closes a bracket of ours', { actor: { regex: 'a)|(b' } }, 'look-around'],
  ])('%s', (_, match, message) => {
    const parsed = matchSchema.safeParse(match)
    expect(JSON.stringify(parsed.error?.issues)).toContain(message)
  })
})
