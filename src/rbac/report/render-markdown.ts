import type { RolesReport } from './report.ts'
import { type ReportSection, reportSections, reportSummary } from './sections.ts'

/** The report as Markdown with tables (GitHub's flavour); empty tables are left out, and said to be empty. */
export function renderMarkdown(report: RolesReport): string {
  return [
    '# RBAC: granted and used',
    ...reportSummary(report).map((sentence) => `- ${escaped(sentence)}`),
    ...reportSections(report).flatMap(sectionLines),
    '',
  ].join('\n')
}

function sectionLines({ title, note, header, rows }: ReportSection): string[] {
  const head = ['', `## ${escaped(title)}`, '', escaped(note), '']
  if (rows.length === 0) return [...head, 'None.']
  return [
    ...head,
    row(header),
    row(header.map(() => '---')),
    ...rows.map((cells) => row(cells.map(escaped))),
  ]
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '@': '&#64;',
  ':': '&#58;',
  '.': '&#46;',
}

/** Nothing in it is markup, a link or a mention; it stays on one line. */
export function escaped(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    .replaceAll(
      /[&<>@]|:(?=\/\/)|(?<=www)\.|[\\`*_[\]{}|~#!]/gi,
      (mark) => entities[mark] ?? `\\${mark}`,
    )
}
