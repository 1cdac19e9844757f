import { describe, expect, it } from 'vitest'
import type { EventRule } from '../../src/contracts.ts'
import { createRuleSet } from '../../src/detect/match.ts'
import { parseRules } from '../../src/sigma/parse.ts'
import { parseRule, ruleText } from '../sigma/support.ts'
import { matchBatch } from '../support/match-batch.ts'
import { batchOf, eventOf, execEvent, ruleSetOf } from './support.ts'

function rule(
  title: string,
  selection: string,
  extra = 'level: medium',
  logsource = 'product: kubernetes',
): EventRule {
  const text = `title: ${title}\n${extra}\nlogsource: { ${logsource} }\ndetection: { selection: ${selection}, condition: selection }\n`
  return parseRule(text)
}

const exec = rule('Exec', '{ objectRef.subresource: exec }')
const list = rule('List', '{ verb: list }')

describe('a rule set', () => {
  it('S83 evaluates rules of product kubernetes, with service audit and category application or without', () => {
    const audit = [
      'product: kubernetes',
      'product: kubernetes, service: audit',
      'product: kubernetes, service: audit, category: application',
    ].map((logsource, number) => rule(`Ours ${number}`, '{ verb: get }', 'level: low', logsource))
    const others = [
      'product: windows',
      'product: kubernetes, service: node',
      'category: application',
      'service: audit',
    ].map((logsource, number) => rule(`Other ${number}`, '{ verb: get }', 'level: low', logsource))
    const ruleSet = ruleSetOf([...audit, ...others])
    expect(ruleSet.rules).toEqual(audit)
    expect(ruleSet.problems.map(({ severity, code }) => [severity, code])).toEqual(
      others.map(() => ['warning', 'logsource.other']),
    )
    expect(ruleSet.problems[0]?.message).toBe(
      'this rule is about product windows and is not evaluated; ours have product kubernetes, service audit',
    )
    expect(ruleSet.matchEvent(eventOf(execEvent)).map((match) => match.rule)).toEqual(audit)
  })

  it('S84 finds a field by its literal key first, then by the longest key that leads to a value', () => {
    const decision = rule('Decision', '{ annotations.authorization.k8s.io/decision: allow }')
    const code = rule('Code', '{ responseStatus.code: 101 }')
    const ruleSet = ruleSetOf([decision, code])
    const titles = (raw: Readonly<Record<string, unknown>>) =>
      ruleSet.matchEvent(eventOf(raw)).map((match) => match.rule.title)
    expect(titles(execEvent)).toEqual(['Decision', 'Code'])
    expect(titles({ ...execEvent, 'responseStatus.code': 200 })).toEqual(['Decision'])
    expect(titles({ 'responseStatus.code': 101 })).toEqual(['Code'])
  })

  it('S85 reads through arrays on the way to a field', () => {
    const privileged = rule(
      'Privileged',
      '{ requestObject.spec.containers.securityContext.privileged: true }',
    )
    const containers = [{ name: 'a' }, { name: 'b', securityContext: { privileged: true } }]
    const ruleSet = ruleSetOf([privileged])
    expect(ruleSet.matchEvent(eventOf({ requestObject: { spec: { containers } } }))).toHaveLength(1)
    expect(ruleSet.matchEvent(eventOf({ requestObject: { spec: { containers: [{}] } } }))).toEqual(
      [],
    )
  })

  it('S86 searches keywords in every text, number and boolean of the event, to a depth of 64, and not in keys', () => {
    const keyword = rule('Keyword', '[needle]')
    const ruleSet = ruleSetOf([keyword])
    const nested = (depth: number): unknown => (depth === 0 ? 'a NEEDLE' : { x: nested(depth - 1) })
    expect(
      ruleSet.matchEvent(eventOf({ requestObject: [{ a: ['hay', 'a needle'] }] })),
    ).toHaveLength(1)
    expect(ruleSet.matchEvent(eventOf({ needle: null, a: { needle: 1 } }))).toEqual([])
    expect(ruleSet.matchEvent(eventOf({ a: nested(63) }))).toHaveLength(1)
    expect(ruleSet.matchEvent(eventOf({ a: nested(64) }))).toEqual([])
  })

  it('S87 evaluates every event by itself, whatever its stage, and rules of every status', () => {
    const deprecated = rule('Old', '{ objectRef.subresource: exec }', 'status: deprecated')
    const ruleSet = ruleSetOf([exec, deprecated])
    for (const stage of ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic']) {
      expect(ruleSet.matchEvent(eventOf({ ...execEvent, stage }))).toHaveLength(2)
    }
  })

  it('S88 leaves out rules below the minimum level', () => {
    const rules = ['informational', 'low', 'medium', 'high', 'critical'].map((level) =>
      rule(level, '{ verb: get }', `level: ${level}`),
    )
    const ruleSet = createRuleSet(rules, { minimumLevel: 'high', onRuleFailure: () => undefined })
    expect(ruleSet.rules.map(({ level }) => level)).toEqual(['high', 'critical'])
    expect(ruleSet.problems).toEqual([])
  })

  it('S89 switches a rule off for good when it throws, says so once, and goes on with the others', () => {
    const broken: EventRule = {
      ...exec,
      title: 'Broken',
      condition: {
        kind: 'field',
        path: 'verb',
        selection: 'selection',
        location: exec.location,
        test: {
          kind: 'broken',
          description: 'throws',
          needsPresence: true,
          matches: () => {
            throw new Error('broken on purpose')
          },
        },
      },
    }
    const failures: string[] = []
    const ruleSet = createRuleSet([broken, exec], {
      onRuleFailure: ({ title }, error) => failures.push(`${title}: ${String(error)}`),
    })
    expect(ruleSet.matchEvent(eventOf(execEvent)).map((match) => match.rule.title)).toEqual([
      'Exec',
    ])
    expect(
      matchBatch(ruleSet, batchOf(JSON.stringify(execEvent))).matches.map(
        (match) => match.rule.title,
      ),
    ).toEqual(['Exec'])
    expect(failures).toEqual(['Broken: Error: broken on purpose'])
  })

  it('S89 switches a rule off that alone is far too slow for a third event, whatever else the machine does', () => {
    let wallMs = 0
    let cpuMs = 0
    const slow: EventRule = {
      ...exec,
      title: 'Slow',
      condition: {
        kind: 'field',
        path: 'verb',
        selection: 'selection',
        location: exec.location,
        test: {
          kind: 'slow',
          description: 'takes its time',
          needsPresence: true,
          matches: () => {
            wallMs += 50
            cpuMs += 50
            return true
          },
        },
      },
    }
    const failures: string[] = []
    const ruleSet = createRuleSet([exec, slow], {
      timing: {
        nowMs: () => wallMs,
        cpuMs: () => cpuMs,
      },
      onRuleFailure: ({ title }, error) => failures.push(`${title}: ${String(error)}`),
    })
    const text = JSON.stringify(execEvent)
    const titles = (): string[] =>
      matchBatch(ruleSet, batchOf(text)).matches.map(({ rule }) => rule.title)
    expect([titles(), titles(), failures]).toEqual([['Exec', 'Slow'], ['Exec', 'Slow'], []])
    expect(titles()).toEqual(['Exec', 'Slow'])
    expect(titles()).toEqual(['Exec'])
    expect(failures).toEqual([
      `Slow: Error: it took 50 ms for an event of ${text.length} bytes, and was too slow for 3 events by now`,
    ])
  })

  it('blames no rule for what the machine does meanwhile', () => {
    let wallMs = 0
    const blamed: string[] = []
    const ruleSet = createRuleSet([exec], {
      // Each look at the wall is a second later; the processor is hardly asked for.
      timing: { nowMs: () => (wallMs += 1000), cpuMs: () => wallMs / 1000 },
      onRuleFailure: ({ title }) => blamed.push(title),
    })
    for (let i = 0; i < 10; i++) matchBatch(ruleSet, batchOf(JSON.stringify(execEvent)))
    expect(blamed).toEqual([])
  })

  it('decodes only items that a rule can match, and numbers matches by item and rule', () => {
    const items = [{ ...execEvent, verb: 'list' }, { verb: 'watch', stage: 'Panic' }, execEvent]
    const batch = batchOf(JSON.stringify({ kind: 'EventList', items }))
    const { matches, decoded, undecodable } = matchBatch(ruleSetOf([list, exec]), batch)
    expect(
      matches.map(({ rule: { title }, itemNumber, event }) => [title, itemNumber, event.raw]),
    ).toEqual([
      ['List', 0, items[0]],
      ['Exec', 0, items[0]],
      ['Exec', 2, items[2]],
    ])
    expect(decoded).toBe(2)
    expect(undecodable).toEqual([])
  })

  it('tells of items that cannot be decoded, and goes on', () => {
    const batch = batchOf(`${JSON.stringify(execEvent)}\n${JSON.stringify(execEvent)}`)
    // What the rule asks for stands behind the user agent.
    const text = Buffer.from(batch.bytes).toString()
    batch.bytes[text.indexOf('"objectRef":{') + '"objectRef":'.length] = 0x5b
    const { matches, decoded, undecodable } = matchBatch(ruleSetOf([exec]), batch)
    expect(matches.map(({ itemNumber }) => itemNumber)).toEqual([1])
    expect(decoded).toBe(1)
    expect(undecodable).toEqual([{ item: 0, error: expect.any(SyntaxError) }])
  })

  it('evaluates an event anew, not by what it knows of the last', () => {
    const ruleSet = ruleSetOf([rule('Not', '{ user.username|neq: alice }'), rule('Word', '[bob]')])
    const titles = (username: string) =>
      ruleSet.matchEvent(eventOf({ user: { username } })).map((match) => match.rule.title)
    expect([titles('alice'), titles('bob'), titles('alice')]).toEqual([[], ['Not', 'Word'], []])
  })

  it('without rules decodes nothing', () => {
    expect(matchBatch(ruleSetOf([]), batchOf(JSON.stringify(execEvent)))).toEqual({
      matches: [],
      decoded: 0,
      undecodable: [],
    })
  })

  it('takes conditions of every form', () => {
    const { rules } = parseRules([
      {
        path: 'a.yml',
        text: ruleText(
          'a: { verb: [get, list] }\nb: { objectRef.resource: nodes }\nc: [web-0]',
          'a and not b and (c or b)',
        ),
      },
    ])
    expect(ruleSetOf(rules).matchEvent(eventOf(execEvent))).toHaveLength(1)
  })
})
