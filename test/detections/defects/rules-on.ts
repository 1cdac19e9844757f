import { expect } from 'vitest'
import { toAuditEvent } from '../../../src/audit/event.ts'
import { applyChanges, parseChangePath } from '../../../src/detect/change.ts'
import { createBuiltinRuleSet, readBaseEvents } from '../corpus.ts'

/** What public rule sets get wrong, and what these rules therefore have to get right: one test for each. */
export const ruleSet = createBuiltinRuleSet()

export const bases = readBaseEvents()

/** The rules that match a base event with changes, as in test files. */
export function rulesOn(base: string, changes: Readonly<Record<string, unknown>> = {}): string[] {
  const paths = Object.entries(changes).map(
    ([path, value]) => [parseChangePath(path) ?? expect.fail(path), value] as const,
  )
  const changed = applyChanges(bases.get(base) ?? expect.fail(`no base event ${base}`), paths)
  if (typeof changed === 'string') expect.fail(changed)
  const event = toAuditEvent(changed, { cluster: 'test', receivedAtMs: 0 })
  return ruleSet.matchEvent(event).map(({ rule }) => rule.name ?? rule.title)
}

export const privileged = { securityContext: { privileged: true } }

export const apply = { verb: 'patch', 'responseStatus.code': 201 }
