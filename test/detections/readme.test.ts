import { basename, dirname } from 'node:path'
import { expect, it } from 'vitest'
import type { Expr, Rule } from '../../src/contracts.ts'
import { compareGenerated } from '../support/generated-docs.ts'
import { readHeardRules } from './corpus.ts'

it('detections/README.md lists all rules as they are', () => {
  const { written, expected } = compareGenerated('detections/README.md', () =>
    ruleTable(readHeardRules()),
  )
  expect(written).toBe(expected)
})

function ruleTable(rules: readonly Rule[]): string {
  const rows = rules.map((rule) => {
    const { name = '', title, level, tags, location } = rule
    const file = `${basename(dirname(location.path))}/${basename(location.path)}`
    const techniques = tags
      .filter((tag) => /^attack\.t\d/.test(tag))
      .map((tag) => tag.slice('attack.'.length).toUpperCase())
    const bodies = rule.kind === 'event' && mentionsBody(rule.condition) ? 'yes' : ''
    return [`[${name}](${file})`, level, title, techniques.join(' '), bodies, atMost(rule)]
  })
  const sorted = rows.toSorted(([a = ''], [b = '']) => a.localeCompare(b))
  const table = alignedTable(['Rule', 'Level', 'Title', 'Techniques', 'Bodies', 'Benign'], sorted)
  return `${rules.length} rules.\n\n${table}`
}

/** As the formatter wants tables. */
function alignedTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((_cell, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [header, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('\n')
}

function mentionsBody(expr: Expr): boolean {
  switch (expr.kind) {
    case 'and':
    case 'or':
      return expr.items.some(mentionsBody)
    case 'not':
      return mentionsBody(expr.item)
    case 'field':
      return /^(?:request|response)Object\b/.test(expr.path)
    case 'elements':
      return /^(?:request|response)Object\b/.test(expr.path)
    case 'fieldPair':
      return [expr.path, expr.otherPath].some((path) => /^(?:request|response)Object\b/.test(path))
    case 'keyword':
      return false
    default:
      return expr satisfies never
  }
}

function atMost({ custom }: Rule): string {
  const { benign } = custom
  return typeof benign === 'object' && benign !== null && 'atMost' in benign
    ? String(benign.atMost)
    : ''
}
