import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse } from 'yaml'
import { redactItems } from '../../src/app/intake.ts'
import { builtinRulesFolder, filesBelow, readRuleFiles } from '../../src/app/rule-files.ts'
import { withBuiltinLists } from '../../src/app/rule-lists.ts'
import { packBatch, unpackBatch } from '../../src/audit/batch.ts'
import { createRedactor } from '../../src/audit/redact/redactor.ts'
import { splitBody } from '../../src/audit/split.ts'
import type { Alert, EventBatch, Problem, Rule } from '../../src/contracts.ts'
import { episodesConfigSchema, offlineAlertingOptions } from '../../src/detect/episode/config.ts'
import { createRuleSet, type RuleSet } from '../../src/detect/match.ts'
import { openPipeline } from '../../src/detect/pipeline.ts'
import { rolesOf } from '../../src/detect/rule-roles.ts'
import { parseRules } from '../../src/sigma/parse.ts'
import { readRecording } from '../support/recordings.ts'

/** The rules that come with the product, parsed. */
export function readBuiltinRules(): {
  readonly rules: readonly Rule[]
  readonly problems: readonly Problem[]
} {
  return parseRules(readRuleFiles({ builtin: true, paths: [] }), {
    placeholders: withBuiltinLists({}),
  })
}

/** Those that alert: what only a correlation refers to says nothing by itself. */
export function readHeardRules(): readonly Rule[] {
  const { rules } = readBuiltinRules()
  const { silent } = rolesOf(rules, () => true)
  return rules.filter(({ id }) => !silent.has(id))
}

/** All of them as one set, informational ones too. A rule that throws fails the test. */
export function createBuiltinRuleSet(): RuleSet {
  return createRuleSet(readBuiltinRules().rules, {
    onRuleFailure: (rule, error) => {
      throw new Error(`${rule.title} failed`, { cause: error })
    },
  })
}

/** The base events of the test files, by name. */
export function readBaseEvents(): ReadonlyMap<string, object> {
  const paths = filesBelow(join(builtinRulesFolder, 'events'), (name) => name.endsWith('.yml'))
  // A base event that is no map would fail the tests that use it.
  return new Map(
    paths.map((path) => [basename(path, '.yml'), parse(readFileSync(path, 'utf8')) as object]),
  )
}

/** `x/y.test.yml` beside a rule `x/y.yml`. */
export function testFileOf(rule: Rule): { readonly path: string; readonly text: string } {
  const path = rule.location.path.replace(/\.yml$/, '.test.yml')
  return { path, text: readFileSync(path, 'utf8') }
}

/**
 * What the rule set says of a recording, by the way that events go through the product: redacted, stored, read by index,
 * put together. Every alert in its last revision, with all of its events.
 */
export function alertsOn(ruleSet: RuleSet, recording: string): readonly Alert[] {
  return alertsOnBytes(ruleSet, readRecording(recording))
}

/** Events in any form as a stored batch: redacted, with their index. */
export function batchOfBytes(input: Uint8Array): EventBatch {
  const chunk = splitBody(input)
  if (chunk.rejects.length > 0) throw new Error(`${chunk.rejects.length} items are no events`)
  const { bytes, items } = chunk
  const replacements = redactItems(chunk, createRedactor({ key: new Uint8Array(32) }))
  const receivedAtMs = Date.UTC(2030, 0)
  return unpackBatch(
    packBatch({ cluster: 'recorded', sender: '', bytes, items, replacements }),
    receivedAtMs,
  )
}

/** The same for events in any form. */
export function alertsOnBytes(ruleSet: RuleSet, input: Uint8Array): readonly Alert[] {
  const batch = batchOfBytes(input)
  const episodes = offlineAlertingOptions(episodesConfigSchema.parse({}))
  const pipeline = openPipeline(ruleSet, { episodes, isOffline: true })
  return [...pipeline.process(batch).alerts, ...pipeline.close().alerts].filter(
    ({ status }) => status === 'closed',
  )
}

/** Each event of the alerts' lists with the alert that lists it. */
export function evidenceOf(
  alerts: readonly Alert[],
): readonly { readonly alert: Alert; readonly auditID: string; readonly stage: string }[] {
  return alerts.flatMap((alert) =>
    alert.events.map(({ auditID, stage }) => ({ alert, auditID, stage })),
  )
}
