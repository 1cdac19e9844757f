import { createGzip } from 'node:zlib'
import type { Command } from 'commander'
import { loadRules, readRuleFiles } from '../../app/rule-files.ts'
import { withBuiltinLists } from '../../app/rule-lists.ts'
import { toAuditEvent } from '../../audit/event.ts'
import { type AuditPolicy, auditPolicyRule } from '../../audit/policy/types.ts'
import type { EventRule } from '../../contracts.ts'
import { ruleName } from '../../detect/alert.ts'
import { auditRules } from '../../detect/logsource.ts'
import { createRuleSet, type RuleSet } from '../../detect/match.ts'
import { KubewitnessError } from '../../errors.ts'
import { coverageOf } from '../../policy/coverage.ts'
import { createSimulation, type Simulation } from '../../policy/simulate.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import { type OutputOptions, outputOption, writeRecord } from '../output.ts'
import { tableText } from '../table-text.ts'
import { recordedEvents } from './events.ts'
import { type KubernetesVersionOptions, kubernetesVersionOption } from './kubernetes-version.ts'
import { readPolicyFile } from './read.ts'

interface SimulateOptions extends OutputOptions, KubernetesVersionOptions {
  readonly policy: string
  readonly against?: string
  readonly rules: readonly string[]
  readonly builtinRules: boolean
}

/** `kubewitness policy simulate`: recorded events through an audit policy. */
export function simulateCommand(
  policy: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  policy
    .command('simulate')
    .description(
      'tell what an audit policy would have recorded of recorded events, and what rules would miss',
    )
    .argument('<events...>', 'audit log files: plain, .gz, .zst, or - for standard input')
    .requiredOption('--policy <file>', 'the audit policy to try')
    .option(
      '--against <file>',
      'the audit policy to compare with; without it, all that was recorded',
    )
    .option('--rules <path...>', 'further rule files or folders', [])
    .option('--no-builtin-rules', 'only the rules of --rules')
    .addOption(kubernetesVersionOption())
    .addOption(outputOption())
    .action(async (files: readonly string[], options: SimulateOptions) =>
      finish(await simulate(files, options, context)),
    )
}

/** One policy on its way through the recording. */
interface Run {
  readonly policy: AuditPolicy
  readonly simulation: Simulation
  readonly compressed: CompressedSize
  readonly alerts: Map<string, number>
}

/** Everything at every stage. */
const everything: AuditPolicy = {
  rules: [auditPolicyRule({ level: 'RequestResponse' })],
  omitStages: [],
  omitManagedFields: false,
}

async function simulate(
  files: readonly string[],
  options: SimulateOptions,
  context: CliContext,
): Promise<ExitCode> {
  const loaded = loadRules(readRuleFiles({ builtin: options.builtinRules, paths: options.rules }), {
    placeholders: withBuiltinLists({}),
  })
  const rules = auditRules(loaded.rules)
  const ruleSet = createRuleSet(rules, { onRuleFailure: () => undefined })
  const candidate = startRun(await readPolicyFile(options.policy, options, context))
  const against = startRun(
    options.against === undefined
      ? everything
      : await readPolicyFile(options.against, options, context),
  )
  let events = 0
  for await (const { raw } of recordedEvents(files, context)) {
    events += 1
    const { requestId } = eventOf(raw)
    for (const run of [candidate, against]) {
      const kept = run.simulation.add(raw, requestId)
      if (kept !== undefined) await take(run, kept, ruleSet)
    }
  }
  if (events === 0)
    throw new KubewitnessError('input.unreadable', 'the files hold no events', {
      next: 'name files of audit events',
    })
  await report(rules, candidate, against, options, context)
  return exitCodes.done
}

function startRun(policy: AuditPolicy): Run {
  return {
    policy,
    simulation: createSimulation(policy),
    compressed: compressedSize(),
    alerts: new Map(),
  }
}

function eventOf(raw: Readonly<Record<string, unknown>>) {
  return toAuditEvent(raw, { cluster: '', receivedAtMs: 0 })
}

async function take(
  run: Run,
  kept: Readonly<Record<string, unknown>>,
  ruleSet: RuleSet,
): Promise<void> {
  await run.compressed.add(`${JSON.stringify(kept)}\n`)
  for (const { rule } of ruleSet.matchEvent(eventOf(kept)))
    run.alerts.set(rule.id, (run.alerts.get(rule.id) ?? 0) + 1)
}

interface CompressedSize {
  add(text: string): Promise<void>
  end(): Promise<number>
}

/** The size that a log would have with gzip, without keeping it. */
function compressedSize(): CompressedSize {
  const gzip = createGzip()
  let bytes = 0
  gzip.on('data', (chunk: Buffer) => {
    bytes += chunk.length
  })
  return {
    add: (text) =>
      gzip.write(text) ? Promise.resolve() : new Promise((resolve) => gzip.once('drain', resolve)),
    end: () => new Promise((resolve) => gzip.end().once('end', () => resolve(bytes))),
  }
}

async function report(
  rules: readonly EventRule[],
  candidate: Run,
  against: Run,
  options: SimulateOptions,
  context: CliContext,
): Promise<void> {
  const before = coverageOf(rules, against.policy)
  const changed = coverageOf(rules, candidate.policy).flatMap(({ rule, status, missing }, i) => {
    const was = before[i]?.status ?? 'fed'
    const matches = candidate.alerts.get(rule.id) ?? 0
    const matchesBefore = against.alerts.get(rule.id) ?? 0
    if (status === was && matches === matchesBefore) return []
    return [{ detection: ruleName(rule), status, was, matches, matchesBefore, missing }]
  })
  const lines = {
    rules: candidate.simulation.rules(),
    total: { ...candidate.simulation.total(), gzipBytes: await candidate.compressed.end() },
    against: { ...against.simulation.total(), gzipBytes: await against.compressed.end() },
    notInRecording: candidate.simulation.unknown(),
  }
  if (options.output !== 'table') {
    const { total, notInRecording } = lines
    const all = [...lines.rules, { total, against: lines.against, notInRecording }, ...changed]
    for (const line of all) await writeRecord(options.output, line, context)
    return
  }
  const ruleRows = lines.rules.map(({ rule, level, requests, events, bytes }) => [
    rule === null ? 'no rule' : `rules[${rule}]`,
    level,
    String(requests),
    String(events),
    String(bytes),
  ])
  const totals = (
    [
      ['policy', lines.total],
      [options.against ?? 'recorded', lines.against],
    ] as const
  ).map(([name, { requests, events, bytes, gzipBytes, eventsPerDay, bytesPerDay }]) =>
    [name, requests, events, bytes, gzipBytes, eventsPerDay ?? '-', bytesPerDay ?? '-'].map(String),
  )
  const detections = changed.map(({ detection, was, status, matchesBefore, matches }) => [
    detection,
    `${was} -> ${status}`,
    `${matchesBefore} -> ${matches}`,
  ])
  const { poorerThanPolicy, levels, stages } = lines.notInRecording
  await write(
    context.stdout,
    [
      tableText(['RULE', 'LEVEL', 'REQUESTS', 'EVENTS', 'BYTES'], ruleRows),
      tableText(['', 'REQUESTS', 'EVENTS', 'BYTES', 'GZIP', 'EVENTS/DAY', 'BYTES/DAY'], totals),
      tableText(['DETECTION', 'COVERAGE', 'MATCHES'], detections),
      `Recorded were levels ${levels.join(', ')} and stages ${stages.join(', ')}; what was not recorded is not in these figures.\n`,
      ...(poorerThanPolicy === 0
        ? []
        : [
            `${poorerThanPolicy} events would carry bodies that the recording lacks: they would be larger than shown.\n`,
          ]),
    ].join('\n'),
  )
}
