import { visibleText } from '../util/visible-text.ts'

export interface PageContent {
  readonly version: string
  /** What runs in this process. */
  readonly roles: readonly string[]
  readonly alerts: number
  readonly rejected: number
}

/** The page at `/`: text and links, so that it needs neither scripts nor styles. */
export function renderPage({ alerts, rejected, roles, version }: PageContent): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Kubewitness</title></head>
<body>
<h1>Kubewitness ${escapeHtml(version)}</h1>
<p>Receives Kubernetes audit events, keeps them durably, takes secrets out, runs Sigma rules and delivers alerts.</p>
<p>Roles of this process: ${escapeHtml(roles.join(', '))}.</p>
<p>Alert records stored: ${alerts}. Items that could not be decoded and were kept aside: ${rejected}.</p>
<ul>
<li><a href="/api/v1/alerts">Alerts</a></li>
<li><a href="/api/v1/rejected">Rejected items</a></li>
<li><a href="/api/v1/openapi.json">Description of the API</a></li>
<li><a href="/metrics">Metrics</a></li>
<li><a href="/readyz">Readiness</a></li>
</ul>
</body>
</html>
`
}

/** Of a value that others have chosen: no markup, and nothing that changes how its neighbours are read. */
export function escapeHtml(text: string): string {
  return visibleText(text).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
