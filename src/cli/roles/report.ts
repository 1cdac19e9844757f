import { type Command, Option } from 'commander'
import { reportRecords } from '../../rbac/report/records.ts'
import { renderHtml } from '../../rbac/report/render-html.ts'
import { renderMarkdown } from '../../rbac/report/render-markdown.ts'
import { type RolesReport, reportOf } from '../../rbac/report/report.ts'
import { reportSections, reportSummary } from '../../rbac/report/sections.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import { writeRecord } from '../output.ts'
import {
  type KubernetesVersionOptions,
  kubernetesVersionOption,
} from '../policy/kubernetes-version.ts'
import { clean, tableText } from '../table-text.ts'
import { readClusterUse } from './cluster-use.ts'
import { addRbacOption } from './read-rbac.ts'

const formats = ['table', 'json', 'yaml', 'markdown', 'html'] as const

interface ReportOptions extends KubernetesVersionOptions {
  readonly rbac: readonly string[]
  readonly output: (typeof formats)[number]
}

/** `kubewitness roles report`: what a whole cluster grants beside what was done. */
export function reportCommand(
  roles: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  const command = roles
    .command('report')
    .description(
      'report on all grants of a cluster: excess, unused bindings, who may do everything',
    )
    .argument('[files...]', 'recorded events, as scan takes them; - is standard input')
  addRbacOption(command)
    .addOption(kubernetesVersionOption())
    .addOption(
      new Option('--output <format>', 'table, json (one object a line), yaml, markdown or html')
        .choices(formats)
        .default('table'),
    )
    .action(async (files: readonly string[], options: ReportOptions) => {
      const { cluster, isIncomplete } = await readClusterUse(files, options, context)
      await writeReport(reportOf(cluster), options.output, context)
      finish(isIncomplete ? exitCodes.failed : exitCodes.done)
    })
}

async function writeReport(
  report: RolesReport,
  output: ReportOptions['output'],
  context: CliContext,
): Promise<void> {
  switch (output) {
    case 'table':
      return write(context.stdout, textOf(report))
    case 'markdown':
      return write(context.stdout, renderMarkdown(report))
    case 'html':
      return write(context.stdout, renderHtml(report))
    case 'json':
    case 'yaml':
      for (const record of reportRecords(report)) await writeRecord(output, record, context)
      return undefined
    default:
      return output satisfies never
  }
}

function textOf(report: RolesReport): string {
  const tables = reportSections(report).map(({ title, header, rows }) => {
    const columns = header.map((name) => name.toUpperCase())
    return `${title.toUpperCase()}\n${rows.length === 0 ? 'none\n' : tableText(columns, rows)}`
  })
  const summary = reportSummary(report).map((sentence) => `${clean(sentence)}\n`)
  return [summary.join(''), ...tables].join('\n')
}
