import { basename, dirname } from 'node:path'
import { expect, it } from 'vitest'
import type { Rule } from '../../src/contracts.ts'
import { compareGenerated } from '../support/generated-docs.ts'
import { auditLevelOfRule } from './audit-level.ts'
import { readBuiltinRules, readHeardRules } from './corpus.ts'
import { readFrameworks, type Topic } from './frameworks.ts'
import { readNoiseBounds } from './noise.ts'

const all = readBuiltinRules().rules
const rules = readHeardRules()
const frameworks = readFrameworks()

it('detections/README.md lists all rules as they are', () => {
  const { written, expected } = compareGenerated('detections/README.md', overview)
  expect(written).toBe(expected)
})

it('docs/hardening.md says for every topic which rules are about it', () => {
  const { written, expected } = compareGenerated('docs/hardening.md', () =>
    topicTable(frameworks.hardening, '../detections/'),
  )
  expect(written).toBe(expected)
})

it('every rule of a framework is there', () => {
  const names = new Set(all.map(({ name }) => name))
  const named = Object.values(frameworks)
    .flat()
    .flatMap((topic) => topic.rules ?? [])
  expect(named.filter((name) => !names.has(name))).toEqual([])
})

function overview(): string {
  const byTactic = Map.groupBy(rules, folderOf)
  return [
    `${rules.length} rules.`,
    ...[...byTactic]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .flatMap(([tactic, its]) => [`### ${tactic.replaceAll('-', ' ')}`, ruleTable(its)]),
    '## ATT&CK',
    techniqueTable(),
    '## OWASP Kubernetes Top 10 (2025)',
    topicTable(frameworks.owasp, ''),
    "## Microsoft's threat matrix for Kubernetes",
    topicTable(frameworks.microsoft, ''),
  ].join('\n\n')
}

function ruleTable(its: readonly Rule[]): string {
  const bounds = readNoiseBounds()
  const rows = its.map((rule) => [
    link(rule, ''),
    rule.level,
    auditLevelOfRule(rule, all),
    rule.kind === 'correlation' ? rule.correlation.type : 'event',
    rule.title,
    techniquesOf(rule).join(' '),
    String(bounds[rule.name ?? '']?.atMost ?? 0),
  ])
  const sorted = rows.toSorted(([a = ''], [b = '']) => a.localeCompare(b))
  const header = ['Rule', 'Level', 'Audit level', 'Kind', 'Title', 'Techniques', 'Benign']
  return alignedTable(header, sorted)
}

function techniqueTable(): string {
  const byTechnique = new Map<string, Rule[]>()
  for (const rule of rules)
    for (const technique of techniquesOf(rule))
      byTechnique.set(technique, [...(byTechnique.get(technique) ?? []), rule])
  return alignedTable(
    ['Technique', 'Rules'],
    [...byTechnique]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([technique, its]) => [technique, its.map((rule) => link(rule, '')).join(' ')]),
  )
}

function topicTable(topics: readonly Topic[], folder: string): string {
  const byName = new Map(all.map((rule) => [rule.name, rule]))
  const linked = (name: string): string => {
    const rule = byName.get(name)
    return rule === undefined ? name : link(rule, folder)
  }
  return alignedTable(
    ['Topic', 'Rules', 'Not seen in audit events'],
    topics.map(({ id, topic, rules: names = [], unseen = '' }) => [
      id === undefined ? topic : `${id} ${topic}`,
      names.map(linked).join(' '),
      unseen,
    ]),
  )
}

function link({ name = '', location }: Rule, folder: string): string {
  return `[${name}](${folder}${basename(dirname(location.path))}/${basename(location.path)})`
}

function folderOf({ location }: Rule): string {
  return basename(dirname(location.path))
}

function techniquesOf({ tags }: Rule): string[] {
  return tags
    .filter((tag) => /^attack\.t\d/.test(tag))
    .map((tag) => tag.slice('attack.'.length).toUpperCase())
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
