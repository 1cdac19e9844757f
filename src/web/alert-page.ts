import type { Alert } from '../contracts.ts'
import type { AlertHistory, AlertView } from './alert-query.ts'
import { escapeHtml } from './page.ts'

/** The page of one alert, where notifications link to: text alone, so that it needs neither scripts nor styles. */
export function renderAlertPage({ alert, revisions }: AlertHistory): string {
  const title = `${alert.rule.level}: ${alert.rule.title}`
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title></head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(alert.summary)}</p>
<table>
${factsOf(alert).map(factRow).join('\n')}
</table>
<h2>Why</h2>
<ul>
${alert.why.map(({ field, selection, value }) => listItem(`${selection}: ${field} = ${value}`)).join('\n')}
</ul>
<h2>Revisions</h2>
<ol>
${revisions.map((revision) => listItem(revisionText(revision))).join('\n')}
</ol>
<p><a href="/api/v1/alerts/${encodeURIComponent(alert.id)}">As JSON, with its events</a></p>
</body>
</html>
`
}

function factsOf(alert: AlertView): (readonly [name: string, value: string])[] {
  const facts: readonly (readonly [string, string])[] = [
    ['Rule', alert.rule.name],
    ['Tags', alert.rule.tags.join(', ')],
    ['Cluster', alert.cluster],
    ['Actor', alert.actor],
    ['Effective user', alert.effectiveUser],
    ['Peer IP', (alert.peerIps ?? [alert.peerIp]).join(', ')],
    ['User agent', alert.userAgent],
    ['Objects', (alert.targets ?? [alert.target]).map(targetText).join(', ')],
    ['First seen', alert.firstSeen],
    ['Last seen', alert.lastSeen],
    ['Events', String(alert.count)],
    ['Status', alert.status],
    ['Silenced', alert.silenced === undefined ? '' : `until ${alert.silenced.endsAt}`],
    ['Id', alert.id],
  ]
  return facts.filter(([, value]) => value !== '')
}

function targetText({ name, namespace, resource, subresource }: Alert['target']): string {
  return [resource, subresource, namespace, name].filter(Boolean).join('/')
}

function revisionText({ count, lastSeen, revision, rule, status }: AlertView): string {
  return `${revision}: ${status}, ${rule.level}, ${count} ${count === 1 ? 'event' : 'events'} until ${lastSeen}`
}

function factRow([name, value]: readonly [string, string]): string {
  return `<tr><th align="left">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`
}

function listItem(text: string): string {
  return `<li>${escapeHtml(text)}</li>`
}
