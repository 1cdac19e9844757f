import type { Command } from 'commander'
import { requestOfAccess } from '../../rbac/suggest/need.ts'
import { subjectText } from '../../rbac/suggest/render-yaml.ts'
import { requestText } from '../../rbac/suggest/words.ts'
import type { ClusterUse } from '../../rbac/usage/cluster-use.ts'
import { diffSubject, isDifferent, type SubjectDiff } from '../../rbac/usage/diff.ts'
import { diffRecords } from '../../rbac/usage/records.ts'
import { grantUseText, lastSeenText, scoreText, unusedText } from '../../rbac/usage/words.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import { type OutputOptions, outputOption, writeRecord } from '../output.ts'
import {
  type KubernetesVersionOptions,
  kubernetesVersionOption,
} from '../policy/kubernetes-version.ts'
import { tableText } from '../table-text.ts'
import { readClusterUse } from './cluster-use.ts'
import { addRbacOption } from './read-rbac.ts'
import { addSubjectOptions, checkSubject, type SubjectOptions, subjectsOf } from './subjects.ts'

interface DiffOptions extends SubjectOptions, OutputOptions, KubernetesVersionOptions {
  readonly rbac: readonly string[]
}

/** `kubewitness roles diff`: what subjects hold beside what they did. */
export function diffCommand(
  roles: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  const command = roles
    .command('diff')
    .description(
      'compare what RBAC manifests grant with what was recorded: unused, too broad, refused',
    )
    .argument('[files...]', 'recorded events, as scan takes them; - is standard input')
  addSubjectOptions(addRbacOption(command))
    .addOption(kubernetesVersionOption())
    .addOption(outputOption())
    .action(async (files: readonly string[], options: DiffOptions) =>
      finish(await runDiff(files, options, context)),
    )
}

async function runDiff(
  files: readonly string[],
  options: DiffOptions,
  context: CliContext,
): Promise<ExitCode> {
  checkSubject(options)
  const { cluster, isIncomplete } = await readClusterUse(files, options, context)
  const diffs = subjectsOf(cluster.users(), options).map((subject) => diffSubject(subject, cluster))
  await (options.output === 'table'
    ? write(context.stdout, tableOf(diffs))
    : writeRecords(diffs, cluster, options.output, context))
  if (isIncomplete) return exitCodes.failed
  return diffs.some(isDifferent) ? exitCodes.found : exitCodes.done
}

async function writeRecords(
  diffs: readonly SubjectDiff[],
  { evidence }: ClusterUse,
  output: 'json' | 'yaml',
  context: CliContext,
): Promise<void> {
  for (const diff of diffs)
    for (const record of diffRecords(diff, evidence.window))
      await writeRecord(output, record, context)
}

function tableOf(diffs: readonly SubjectDiff[]): string {
  const grants = diffs.flatMap(({ subject, grants, unresolved }) => [
    ...grants.map((use) => [
      subjectText(subject),
      grantUseText(use),
      use.status,
      String(use.requests),
      lastSeenText(use.lastSeenUs),
      unusedText(use),
    ]),
    ...unresolved.map((grant) => [
      subjectText(subject),
      grantUseText(grant),
      'dangling',
      '0',
      '',
      grant.error,
    ]),
  ])
  const refused = diffs.flatMap(({ subject, refusedNow }) =>
    refusedNow.map((access) => [
      subjectText(subject),
      requestText(requestOfAccess(access)),
      String(access.requests),
      lastSeenText(access.lastSeenUs),
    ]),
  )
  const sums = diffs.map(({ subject, requests, excess, confidence }) => [
    subjectText(subject),
    String(requests),
    String(excess.granted),
    String(excess.used),
    scoreText(excess),
    excess.dangers.map(({ code }) => code).join(' '),
    `${confidence.level}: ${confidence.reasons.join('; ')}`,
  ])
  const parts = [
    tableText(
      ['SUBJECT', 'GRANT', 'STATUS', 'REQUESTS', 'LAST SEEN', 'UNUSED OR TOO BROAD'],
      grants,
    ),
    ...(refused.length === 0
      ? []
      : [
          tableText(
            ['SUBJECT', 'USED, AND REFUSED BY THESE MANIFESTS', 'REQUESTS', 'LAST SEEN'],
            refused,
          ),
        ]),
    tableText(
      ['SUBJECT', 'REQUESTS', 'GRANTED', 'USED', 'EXCESS', 'UNUSED AND DANGEROUS', 'CONFIDENCE'],
      sums,
    ),
  ]
  return parts.join('\n')
}
