import type { ManifestsConfig } from '../config/roles.ts'
import { messageOf } from '../errors.ts'
import { reportHighlights } from '../rbac/report/highlights.ts'
import { reportRecords } from '../rbac/report/records.ts'
import { renderHtml } from '../rbac/report/render-html.ts'
import { renderMarkdown } from '../rbac/report/render-markdown.ts'
import { reportOf } from '../rbac/report/report.ts'
import { reportSummary } from '../rbac/report/sections.ts'
import { type ClusterUse, createClusterUse } from '../rbac/usage/cluster-use.ts'
import { diffSubject } from '../rbac/usage/diff.ts'
import { diffRecords } from '../rbac/usage/records.ts'
import type { DiffQuestion, ReportFormat, ReportQuestion, RolesAnswer } from '../web/roles.ts'
import type { Observed } from './observed.ts'
import { readRbacFiles } from './rbac-files.ts'
import { problemLine } from './rule-files.ts'

const maxListed = 5

/** Answers what needs the manifests of a cluster. They are read anew each time. Never rejects. */
export async function grantsAnswerOf(
  observation: Observed,
  question: DiffQuestion | ReportQuestion,
  manifests: readonly ManifestsConfig[],
): Promise<RolesAnswer> {
  const config = manifests.find(({ cluster }) => cluster === question.cluster)
  if (config === undefined) return { kind: 'noManifests' }
  try {
    const { objects, problems } = await readRbacFiles(config.paths)
    const errors = problems.filter(({ severity }) => severity === 'error')
    if (errors.length > 0) return { kind: 'unusable', message: listed(errors.map(problemLine)) }
    const cluster = createClusterUse({
      objects,
      profiles: observation.profiles().filter((profile) => profile.cluster === question.cluster),
      window: observation.windows().find((window) => window.cluster === question.cluster),
      isCut: observation.isCut,
      kubernetesVersion: config.kubernetesVersion,
    })
    const body =
      question.kind === 'diff' ? diffBody(cluster, question) : reportBody(cluster, question.format)
    return { kind: 'found', body }
  } catch (error) {
    return { kind: 'unusable', message: messageOf(error) }
  }
}

function diffBody(cluster: ClusterUse, { subject }: DiffQuestion): string {
  const records = diffRecords(diffSubject(subject, cluster), cluster.evidence.window)
  return JSON.stringify({ diff: records, next: null })
}

function reportBody(cluster: ClusterUse, format: ReportFormat): string {
  const report = reportOf(cluster)
  switch (format) {
    case 'json':
      return JSON.stringify({
        summary: reportSummary(report),
        highlights: reportHighlights(report),
        report: reportRecords(report),
        next: null,
      })
    case 'html':
      return renderHtml(report)
    case 'markdown':
      return renderMarkdown(report)
    default:
      return format satisfies never
  }
}

function listed(lines: readonly string[]): string {
  const rest = lines.length - maxListed
  return [...lines.slice(0, maxListed), ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ')
}
