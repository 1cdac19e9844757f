import process from 'node:process'
import type { EventRule } from '../contracts.ts'
import type { AlertingOptions } from '../detect/episode/alerting.ts'
import { createRuleSet, type RuleSet } from '../detect/match.ts'
import { openPipeline, type Pipeline } from '../detect/pipeline.ts'
import type { RuleTiming } from '../detect/slow-rules.ts'
import { createRuleParser } from '../sigma/parse-again.ts'
import {
  loadRules,
  type RuleFile,
  type RuleSelection,
  readMappingFile,
  readRuleFiles,
} from './rule-files.ts'
import { withBuiltinLists } from './rule-lists.ts'

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
    placeholders: withBuiltinLists(placeholders),
  }
}

/** Rules ready for use. A pipeline remembers; those that one set opens one after the other do not share what they know. */
export interface CompiledRules {
  readonly ruleSet: RuleSet
  openPipeline(hooks: PipelineHooks): Pipeline
}

/** Told of what is not seen in alerts. */
export type PipelineHooks = Required<Pick<AlertingOptions, 'onLeftOut'>>

export interface CompileOptions {
  readonly episodes: AlertingOptions
  /** Told once of a rule that threw or was too slow, and is now off. */
  readonly onRuleFailure: (rule: EventRule, error: unknown) => void
}

/**
 * Parses and compiles orders, one after the other; files that are as they were in the order before are not parsed again. Throws
 * `rules.invalid`.
 */
export function createCompiler({
  episodes,
  onRuleFailure,
}: CompileOptions): (order: RuleOrder) => CompiledRules {
  const parse = createRuleParser()
  return (order) => {
    const { rules } = loadRules(order.files, order, parse)
    const options = { minimumLevel: order.minimumLevel, onRuleFailure, timing }
    const ruleSet = createRuleSet(rules, options)
    return {
      ruleSet,
      openPipeline: ({ onLeftOut }) =>
        openPipeline(ruleSet, { episodes: { ...episodes, onLeftOut } }),
    }
  }
}

/** `createCompiler` for one order. */
export function compileOrder(order: RuleOrder, options: CompileOptions): CompiledRules {
  return createCompiler(options)(order)
}

const timing: RuleTiming = {
  nowMs: () => performance.now(),
  cpuMs: () => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  },
}
