import process from 'node:process'
import type { EventRule } from '../contracts.ts'
import { createRuleSet, type RuleSet } from '../detect/match.ts'
import type { RuleTiming } from '../detect/slow-rules.ts'
import {
  loadRules,
  type RuleFile,
  type RuleSelection,
  readMappingFile,
  readRuleFiles,
} from './rule-files.ts'

/** A rule set to use, as text: it is compiled where it runs. */
export interface RuleOrder {
  readonly files: readonly RuleFile[]
  readonly mapping: RuleFile
  readonly minimumLevel: RuleSelection['minimumLevel']
  readonly placeholders: RuleSelection['placeholders']
}

/** Where rules come from: files still to be read, or texts that were read before. */
export type RuleSource = (RuleSelection & { readonly mapping?: string | undefined }) | RuleOrder

/** Throws `rules.unreadable`. */
export function readOrder(source: RuleSource): RuleOrder {
  if ('files' in source) return source
  const { mapping, minimumLevel, placeholders } = source
  return {
    files: readRuleFiles(source),
    mapping: readMappingFile(mapping),
    minimumLevel,
    placeholders,
  }
}

/** Parses and compiles an order. Throws `rules.invalid`. `onRuleFailure` is told once of a rule that threw or was too slow, and is now off. */
export function compileOrder(
  order: RuleOrder,
  onRuleFailure: (rule: EventRule, error: unknown) => void,
): RuleSet {
  const { rules } = loadRules(order.files, order)
  return createRuleSet(rules, { minimumLevel: order.minimumLevel, onRuleFailure, timing })
}

const timing: RuleTiming = {
  nowMs: () => performance.now(),
  cpuMs: () => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  },
}
