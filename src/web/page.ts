import { visibleText } from '../util/visible-text.ts'
import type { AlertView } from './alert-query.ts'

export interface PageContent {
  readonly version: string
  /** What runs in this process. */
  readonly roles: readonly string[]
  readonly alerts: number
  readonly rejected: number
  /** The last alerts, newest first. */
  readonly newest: readonly AlertView[]
}

/** The page at `/`: text and links, so that it needs neither scripts nor styles. */
export function renderPage({ alerts, newest, rejected, roles, version }: PageContent): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Kubewitness</title></head>
<body>
<h1>Kubewitness ${escapeHtml(version)}</h1>
<p>Receives Kubernetes audit events, keeps them durably, takes secrets out, runs Sigma rules and delivers alerts.</p>
<p>Roles of this process: ${escapeHtml(roles.join(', '))}.</p>
<p>Alert records stored, one for each revision: ${alerts}. Items that could not be decoded and were kept aside: ${rejected}.</p>
<ul>
<li><a href="/api/v1/alerts">Alerts</a> as JSON</li>
<li><a href="/api/v1/rejected">Rejected items</a></li>
<li><a href="/api/v1/openapi.json">Description of the API</a></li>
<li><a href="/metrics">Metrics</a></li>
<li><a href="/readyz">Readiness</a></li>
</ul>
${newestTable(newest)}
</body>
</html>
`
}

function newestTable(alerts: readonly AlertView[]): string {
  if (alerts.length === 0) return '<p>There are no alerts yet.</p>'
  return `<h2>Newest alerts</h2>
<table>
<tr><th align="left">First seen</th><th align="left">Level</th><th align="left">Cluster</th><th align="left">Alert</th></tr>
${alerts.map(alertRow).join('\n')}
</table>`
}

function alertRow({ cluster, firstSeen, id, rule, summary }: AlertView): string {
  const link = `<a href="/alerts/${encodeURIComponent(id)}">${escapeHtml(summary)}</a>`
  const cells = [escapeHtml(firstSeen), escapeHtml(rule.level), escapeHtml(cluster), link]
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
}

/** Of a value that others have chosen: no markup, and nothing that changes how its neighbours are read. */
export function escapeHtml(text: string): string {
  return visibleText(text).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
