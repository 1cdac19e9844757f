import { describe, expect, it } from 'vitest'
import { auditPolicyRule } from '../../src/audit/policy/types.ts'
import { auditRules } from '../../src/detect/logsource.ts'
import { coverageOfAll } from '../../src/policy/correlation-coverage.ts'
import { parseRules } from '../../src/sigma/parse.ts'

/** `name status` of every rule under an audit policy that records all but deletions. */
function coverage(...documents: readonly string[]): string[] {
  const rule = (name: string, detection: string, product = 'kubernetes'): string =>
    `title: ${name}\nname: ${name}\nlogsource: { product: ${product} }\ndetection: { s: { ${detection} }, condition: s }`
  const parts = [
    rule('seen', 'verb: get'),
    rule('unseen', 'verb: delete'),
    rule('other', 'a: b', 'windows'),
  ]
  const text = [...documents, ...parts].join('\n---\n')
  const { rules, problems } = parseRules([{ path: 'r.yml', text }])
  expect(problems).toEqual([])
  const said = [
    auditPolicyRule({ level: 'None', verbs: ['delete'] }),
    auditPolicyRule({ level: 'Metadata' }),
  ]
  const policy = { omitStages: [], omitManagedFields: false, rules: said }
  const all = coverageOfAll(rules, auditRules(rules), policy)
  return all.map(({ rule: { name }, status }) => `${name} ${status}`)
}

function correlation(name: string, body: string): string {
  return `title: ${name}\nname: ${name}\ncorrelation: { timespan: 1h, ${body} }`
}

it('a rule whose baseline reads a body is blind without bodies', () => {
  const [status] = coverage(
    'title: a\nname: a\nlogsource: { product: kubernetes }\ndetection: { s: { verb: get }, condition: s }\nkubewitness: { baseline: { kind: firstSeen, of: [requestObject.spec.nodeName] } }',
  )
  expect(status).toBe('a blind')
})

describe('the coverage of a correlation', () => {
  it('is fed by rules that are, blind without what it needs, and partly fed else', () => {
    const found = coverage(
      correlation('over', 'type: event_count, rules: [both, seen], condition: { gte: 2 }'),
      correlation('all', 'type: event_count, rules: [seen], condition: { gte: 2 }'),
      correlation('some', 'type: event_count, rules: [seen, unseen], condition: { gte: 2 }'),
      correlation('none', 'type: event_count, rules: [unseen, other], condition: { gte: 2 }'),
      correlation('both', 'type: temporal, rules: [seen, unseen]'),
      correlation('either', 'type: temporal, rules: [seen, unseen], condition: seen or unseen'),
      correlation(
        'without',
        'type: temporal, rules: [seen, unseen], condition: seen and not unseen',
      ),
    )
    expect(found).toEqual([
      'over partly',
      'all fed',
      'some partly',
      'none blind',
      'both blind',
      'either partly',
      'without partly',
      'seen fed',
      'unseen blind',
    ])
  })

  it('is blind without what it groups by', () => {
    const found = coverage(
      correlation(
        'body',
        'type: event_count, rules: [seen], group-by: [requestObject.spec.nodeName], condition: { gte: 2 }',
      ),
    )
    expect(found.slice(0, 2)).toEqual(['body blind', 'seen fed'])
  })
})
