import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import { z } from 'zod'
import { alarmTable } from '../../src/app/alarm-table.ts'
import type { DerivedField } from '../../src/audit/derived/field.ts'
import { derivedFields } from '../../src/audit/derived/table.ts'
import { auditLevelOf } from '../../src/audit/known-fields.ts'
import { loadCodes } from '../../src/audit/policy/codes.ts'
import { type WireField, wireFields } from '../../src/audit/wire-fields.ts'
import { configSchema } from '../../src/config/schema.ts'
import { problemCodes } from '../../src/detect/problem-codes.ts'
import { errorCodes } from '../../src/errors.ts'
import { checkCodes } from '../../src/policy/check/codes.ts'
import { rbacCodes } from '../../src/rbac/codes.ts'
import { metricTable } from '../../src/util/metrics.ts'

function policyCodeRows(): string[][] {
  return Object.entries({ ...loadCodes, ...checkCodes }).map(
    ([code, { severity, meaning, remedy }]) => [`\`${code}\``, severity, meaning, remedy],
  )
}

/** The parts of the documentation that are made from code: file → text between its markers. */
export const generatedDocs: Readonly<Record<string, () => string>> = {
  'docs/errors.md': () =>
    table(
      ['Code', 'Meaning'],
      Object.entries(errorCodes).map(([code, meaning]) => [`\`${code}\``, meaning]),
    ),
  'docs/fields.md': () =>
    [
      '## Derived fields',
      fieldTable(derivedFields),
      '## Values',
      ...Object.entries(derivedFields).flatMap(valueTable),
      '## Fields of the wire',
      fieldTable(wireFields),
    ].join('\n\n'),
  'docs/lint.md': () =>
    table(
      ['Code', 'Meaning'],
      Object.entries(problemCodes).map(([code, meaning]) => [`\`${code}\``, meaning]),
    ),
  'docs/metrics.md': () =>
    table(
      ['Metric', 'Kind', 'Labels', 'Meaning'],
      Object.entries(metricTable).map(([name, { kind, labels, help }]) => [
        `\`${name}\``,
        kind,
        labels.join(', '),
        help,
      ]),
    ),
  'docs/configuration.md': () =>
    table(['Key', 'Type', 'Default', 'Meaning'], configRows(configJsonSchema(), '')),
  'docs/policy-check.md': () => table(['Code', 'Severity', 'Meaning', 'Remedy'], policyCodeRows()),
  'docs/roles.md': () =>
    table(
      ['Problem', 'Severity', 'Meaning'],
      Object.entries(rbacCodes).map(([code, { severity, meaning }]) => [
        `\`${code}\``,
        severity,
        meaning,
      ]),
    ),
  'docs/operations.md': () =>
    table(
      ['Rule name', 'Level', 'Title'],
      Object.entries(alarmTable).map(([code, { level, title }]) => [`\`${code}\``, level, title]),
    ),
}

function fieldTable(fields: Readonly<Record<string, WireField>>): string {
  return table(
    ['Field', 'Type', 'Audit level', 'Since', 'Meaning'],
    Object.entries(fields).map(([name, { type, isList, since = '', meaning }]) => [
      `\`${name.endsWith('.') ? `${name}<name>` : name}\``,
      isList === true ? `list of ${type}` : type,
      auditLevelOf(name),
      since,
      meaning,
    ]),
  )
}

function valueTable([name, { type, values }]: [string, DerivedField]): string[] {
  if (values === undefined || type === 'boolean') return []
  const rows = values.map(({ value, meaning }) => [`\`${value}\``, meaning])
  return [`\`${name}\`:`, table(['Value', 'Meaning'], rows)]
}

const begin = '<!-- generated: npm test compares, UPDATE_DOCS=1 npm test rewrites -->'
const end = '<!-- end -->'

/** What the file says between its markers, and what it should say. With UPDATE_DOCS=1 it is rewritten first. */
export function compareGenerated(
  file: string,
  generate: () => string,
): { readonly written: string; readonly expected: string } {
  const path = resolve(file)
  const expected = generate()
  const text = readFileSync(path, 'utf8')
  const start = text.indexOf(begin) + begin.length
  const stop = text.indexOf(end)
  if (stop < start) throw new Error(`${file} lacks the markers of its generated part`)
  if (process.env['UPDATE_DOCS'] === '1')
    writeFileSync(path, `${text.slice(0, start)}\n\n${expected}\n${text.slice(stop)}`)
  return {
    written: readFileSync(path, 'utf8').slice(start).split(end, 1)[0]?.trim() ?? '',
    expected: expected.trim(),
  }
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(header), `|${header.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

interface JsonSchema {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly description?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  /** The page that explains its keys, once for all places where they may stand. */
  readonly explainedIn?: string
}

/** A row a key; the keys of a union's branches stand one after another under `path (type=branch)`. */
function configRows(schema: JsonSchema, path: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const full = path === '' ? key : `${path}.${key}`
    const branches =
      property.oneOf ?? property.anyOf ?? property.items?.oneOf ?? property.items?.anyOf ?? []
    const objects = branches.filter((branch) => branch.properties !== undefined)
    const row = [
      `\`${full}\``,
      typeText(property),
      defaultText(property.default),
      property.description ?? '',
    ]
    if (property.explainedIn !== undefined) return [row]
    if (objects.length > 0)
      return [
        row,
        ...objects.flatMap((branch) =>
          configRows(
            branch,
            `${full}${property.items === undefined ? '' : '[]'}${branchName(branch)}`,
          ),
        ),
      ]
    if (property.properties !== undefined) return configRows(property, full)
    if (property.items?.properties !== undefined)
      return [row, ...configRows(property.items, `${full}[]`)]
    return [row]
  })
}

function branchName(branch: JsonSchema): string {
  const named = Object.entries(branch.properties ?? {}).find(
    ([, property]) => property.const !== undefined,
  )
  return named === undefined ? '' : `(${named[0]}=${String(named[1].const)})`
}

function typeText(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map(String).join(', ')
  if (schema.const !== undefined) return String(schema.const)
  const branches = schema.anyOf ?? schema.oneOf
  if (branches !== undefined) return [...new Set(branches.map(typeText))].join(' or ')
  return schema.type === 'array' ? 'list' : (schema.type ?? 'any')
}

function defaultText(value: unknown): string {
  if (value === undefined) return ''
  return `\`${JSON.stringify(value)}\``
}

function configJsonSchema(): JsonSchema {
  // A JSON schema made from zod uses the single-type form throughout.
  return z.toJSONSchema(configSchema, { unrepresentable: 'any', io: 'input' }) as JsonSchema
}
