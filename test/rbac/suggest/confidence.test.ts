import { describe, expect, it } from 'vitest'
import { auditPolicyRule } from '../../../src/audit/policy/types.ts'
import { Observation } from '../../../src/rbac/observe/observation.ts'
import { defaultSuggestOptions } from '../../../src/rbac/suggest/options.ts'
import { suggest } from '../../../src/rbac/suggest/suggest.ts'
import { rawEvent, type SaidEvent } from '../observe/events.ts'
import { suggestionOf } from './support.ts'

describe('the confidence in a suggestion', () => {
  /** One request a day, of every kind that a stream has, and the heartbeat of the cluster. */
  const days = (count: number): Observation => {
    const observation = new Observation()
    const seen: SaidEvent[] = [
      { namespace: 'a' },
      { verb: 'watch' },
      { verb: 'create' },
      { path: '/x' },
    ]
    for (let step = 0; step <= count * 288; step++) {
      const timeUs = Date.UTC(2026, 0, 1) * 1000 + step * 300_000_000
      for (const said of seen) observation.add({ raw: rawEvent(said), cluster: 'default', timeUs })
    }
    return observation
  }

  it.each([
    [1, 'low'],
    [8, 'medium'],
    [32, 'high'],
  ])('after %d days without a gap is %s', (count, level) => {
    expect(suggestionOf(days(count)).confidence).toEqual({
      level,
      reasons: [count === 1 ? '24 hours were observed' : `${count} days were observed`],
    })
  })

  it('is low when the audit policy leaves out what the subject may do', () => {
    const policy = {
      omitStages: [],
      omitManagedFields: false,
      rules: [
        auditPolicyRule({ level: 'None', users: ['bob'] }),
        auditPolicyRule({
          level: 'None',
          userGroups: ['system:authenticated'],
          verbs: ['get', 'watch'],
          resources: [{ group: '', resources: ['events'], resourceNames: [] }],
        }),
        auditPolicyRule({ level: 'Metadata' }),
      ],
    }
    const observation = days(32)
    const [window] = observation.windows()
    const evidence = {
      cluster: 'default',
      subject: { kind: 'User', name: 'alice' } as const,
      profiles: observation.profiles(),
      window,
      policy,
    }
    expect(suggest(evidence, defaultSuggestOptions).confidence).toEqual({
      level: 'low',
      reasons: [
        '32 days were observed',
        'rules[1] of the audit policy leaves out get,watch on events, unless a rule before it records it',
      ],
    })
  })
})
