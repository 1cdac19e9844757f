import type { RolesReport } from './report.ts'
import { type ReportSection, reportSections, reportSummary } from './sections.ts'

const style = `
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 90rem; padding: 0 1rem }
table { border-collapse: collapse; font-size: 13px; width: 100% }
th, td { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); overflow-wrap: anywhere; padding: .3rem .6rem; text-align: left; vertical-align: top }
th { white-space: nowrap }
h2 { margin: 2rem 0 .3rem }
p { max-width: 60rem }
.none { opacity: .6 }
`

/**
 * The report as one HTML document that needs nothing else: no script, no outside file, and a policy that forbids both. All text
 * is escaped.
 */
export function renderHtml(report: RolesReport): string {
  const title = 'RBAC: granted and used'
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<h1>${title}</h1>
<ul>
${reportSummary(report)
  .map((sentence) => `<li>${escapeHtml(sentence)}</li>`)
  .join('\n')}
</ul>
${reportSections(report).map(section).join('\n')}
</body>
</html>
`
}

function section({ title, note, header, rows }: ReportSection): string {
  const head = `<h2>${escapeHtml(title)}</h2>\n<p>${escapeHtml(note)}</p>`
  if (rows.length === 0) return `${head}\n<p class="none">None.</p>`
  const body = rows.map(
    (cells) => `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`,
  )
  const columns = header.map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`).join('')
  return `${head}\n<table>\n<thead><tr>${columns}</tr></thead>\n<tbody>\n${body.join('\n')}\n</tbody>\n</table>`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text of an element or a quoted attribute; without control and bidirectional characters. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ')
    .replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
}
