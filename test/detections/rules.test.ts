import { basename, dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toAuditEvent } from '../../src/audit/event.ts'
import { knownFields } from '../../src/audit/known-fields.ts'
import type { AuditEvent } from '../../src/contracts.ts'
import { attackTactics } from '../../src/detect/attack-ids.ts'
import { lintRules } from '../../src/detect/lint.ts'
import { createRuleSet } from '../../src/detect/match.ts'
import { rolesOf } from '../../src/detect/rule-roles.ts'
import { runRuleTests } from '../../src/detect/rule-tests.ts'
import { readTestFile } from '../../src/detect/test-file.ts'
import { readBaseEvents, readBuiltinRules, testFileOf } from './corpus.ts'

const { rules, problems } = readBuiltinRules()
const { silent } = rolesOf(rules, () => true)
const heard = rules.filter(({ id }) => !silent.has(id))
const bases = readBaseEvents()

describe('the rules that come with the product', () => {
  it('load without a problem', () => {
    expect([...problems, ...lintRules(rules, { knownFields })]).toEqual([])
  })

  it('have ids of their own, which are random UUIDs', () => {
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
    expect(rules.filter(({ id }) => !uuid.test(id))).toEqual([])
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length)
  })

  it('are called like their files, and what they refer to begins so', () => {
    const wrong = rules.filter(({ id, name = '', location }) => {
      const file = basename(location.path, '.yml')
      return silent.has(id) ? !name.startsWith(`${file}_`) : name !== file
    })
    expect(wrong).toEqual([])
  })

  it('lie in the folder of one of their tactics', () => {
    const wrong = rules.filter(
      ({ tags, location }) => !tags.includes(`attack.${basename(dirname(location.path))}`),
    )
    expect(wrong).toEqual([])
  })

  it('name tactics and techniques of ATT&CK, at least one of each', () => {
    const technique = /^attack\.t[0-9]{4}(?:\.[0-9]{3})?$/
    const isTactic = (tag: string): boolean => attackTactics.has(tag.replace(/^attack\./, ''))
    for (const { name, tags } of rules) {
      expect(
        tags.filter((tag) => !technique.test(tag) && !isTactic(tag)),
        name,
      ).toEqual([])
      expect([tags.some((tag) => technique.test(tag)), tags.some(isTactic)], name).toEqual([
        true,
        true,
      ])
    }
  })
})

describe.each(heard.map((rule) => [rule.name ?? rule.title, rule] as const))(
  '%s',
  (_name, rule) => {
    const testFile = testFileOf(rule)

    it('does what its test file says', () => {
      const { results, problems: found } = runRuleTests({ rules, testFile, bases })
      expect(found).toEqual([])
      expect(results.filter(({ passed }) => !passed)).toEqual([])
    })

    it('keeps silent until the outcome of a request is known', () => {
      const received = readTestFile(testFile, bases).cases.map(({ event }) => asReceived(event))
      // Of a correlation, whatever it refers to.
      const parts = rules.filter(({ location }) => location.path === rule.location.path)
      const ruleSet = createRuleSet(parts, {
        onRuleFailure: (_rule, error) => expect.fail(String(error)),
      })
      expect(received.filter((event) => ruleSet.matchEvent(event).length > 0)).toEqual([])
    })

    it('is tested with events that match and events that do not', () => {
      const { cases } = readTestFile(testFile, bases)
      expect(new Set(cases.map(({ isMatchExpected }) => isMatchExpected))).toEqual(
        new Set([true, false]),
      )
    })
  },
)

/** The same request at its first stage: nothing is known yet but what authentication has found. */
function asReceived(event: Readonly<Record<string, unknown>>): AuditEvent {
  const { responseStatus: _status, impersonatedUser: _target, annotations, ...rest } = event
  const known = Object.entries(annotations ?? {}).filter(([key]) =>
    key.startsWith('authentication.k8s.io/'),
  )
  return toAuditEvent(
    { ...rest, annotations: Object.fromEntries(known), stage: 'RequestReceived' },
    { cluster: 'test', receivedAtMs: 0 },
  )
}
