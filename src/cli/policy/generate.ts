import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { loadRules, readRuleFiles } from '../../app/rule-files.ts'
import { withBuiltinLists } from '../../app/rule-lists.ts'
import { toAuditEvent } from '../../audit/event.ts'
import { requestOfEvent } from '../../audit/policy/request.ts'
import type { EventRule } from '../../contracts.ts'
import { auditRules } from '../../detect/logsource.ts'
import { createRuleSet } from '../../detect/match.ts'
import { KubewitnessError } from '../../errors.ts'
import { fieldsAskedByCorrelations } from '../../policy/correlation-coverage.ts'
import { generatePolicy } from '../../policy/generate.ts'
import { createTrafficCount, type Noise } from '../../policy/noise.ts'
import { renderPolicy } from '../../policy/render.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import { recordedEvents } from './events.ts'
import { type KubernetesVersionOptions, kubernetesVersionOption } from './kubernetes-version.ts'

interface GenerateOptions extends KubernetesVersionOptions {
  readonly template?: string
  readonly forRules?: readonly string[]
  readonly observed: readonly string[]
  readonly allowBodies: boolean
}

/** The audit policies that come with the product. */
const templatesFolder = fileURLToPath(new URL('../../../policy-templates', import.meta.url))

/** What is less than this share of the events is not worth a rule. */
const minimumShare = 0.005

/** `kubewitness policy generate`: an audit policy on standard output. */
export function generateCommand(
  policy: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  policy
    .command('generate')
    .description('write an audit policy: a template, or the least that feeds the rules')
    .option('--template <name>', 'one of policy-templates, as it is')
    .option('--for-rules <path...>', 'feed these rules instead of those that come with Kubewitness')
    .option(
      '--observed <file...>',
      'recorded events: what is noisy there and feeds no rule is left out',
      [],
    )
    .addOption(kubernetesVersionOption())
    .option(
      '--allow-bodies',
      'record bodies where a rule reads them, never those of secrets',
      false,
    )
    .action(async (options: GenerateOptions) => finish(await generate(options, context)))
}

async function generate(options: GenerateOptions, context: CliContext): Promise<ExitCode> {
  const isFromRules =
    options.forRules !== undefined || options.observed.length > 0 || options.allowBodies
  if (options.template !== undefined && isFromRules)
    throw new KubewitnessError('usage.invalid', '--template takes none of the other sources', {
      next: 'leave out --template, or the others',
    })
  await write(
    context.stdout,
    isFromRules ? await fromRules(options, context) : readTemplate(options.template ?? 'balanced'),
  )
  return exitCodes.done
}

function readTemplate(name: string): string {
  const path = join(templatesFolder, `${name}.yml`)
  if (/^[a-z0-9-]+$/.test(name) && existsSync(path)) return readFileSync(path, 'utf8')
  throw new KubewitnessError('usage.invalid', `there is no policy template ${name}`, {
    next: 'choose one of minimal, balanced, forensic, cis, kubeadm, k3s, openshift',
  })
}

async function fromRules(options: GenerateOptions, context: CliContext): Promise<string> {
  const { forRules, observed, allowBodies, kubernetesVersion } = options
  const files = readRuleFiles({ builtin: forRules === undefined, paths: forRules ?? [] })
  const { rules: all } = loadRules(files, { placeholders: withBuiltinLists({}) })
  const rules = auditRules(all)
  const noise = observed.length === 0 ? [] : await noiseOf(observed, rules, context)
  const asked = fieldsAskedByCorrelations(all)
  const generated = generatePolicy({ rules, asked, allowBodies, noise })
  if (generated.unfed.length > 0)
    await write(
      context.stderr,
      `${generated.unfed.length} of ${rules.length} rules are not fed wholly; the header says why\n`,
    )
  const madeBy = [
    'kubewitness policy generate',
    ...(forRules === undefined ? [] : [`--for-rules ${forRules.join(' ')}`]),
    ...(observed.length === 0 ? [] : ['--observed …']),
    ...(allowBodies ? ['--allow-bodies'] : []),
    `--kubernetes-version ${kubernetesVersion}`,
  ].join(' ')
  return renderPolicy(generated, { madeBy, kubernetesVersion })
}

async function noiseOf(
  files: readonly string[],
  rules: readonly EventRule[],
  context: CliContext,
): Promise<readonly Noise[]> {
  const ruleSet = createRuleSet(rules, { onRuleFailure: () => undefined })
  const traffic = createTrafficCount()
  for await (const { raw, bytes } of recordedEvents(files, context)) {
    const event = toAuditEvent(raw, { cluster: '', receivedAtMs: 0 })
    traffic.add(requestOfEvent(raw), bytes, ruleSet.matchEvent(event).length > 0)
  }
  return traffic.noise(rules, minimumShare)
}
