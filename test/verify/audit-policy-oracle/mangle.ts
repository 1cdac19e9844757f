import type { Random } from '../../support/random.ts'
import { pick } from './pick.ts'

const scalars = [
  'yes',
  'no',
  'on',
  'off',
  'y',
  'n',
  '~',
  'null',
  'Null',
  '1',
  '0x1F',
  '010',
  '08',
  '1_000',
  '0b11',
  '0o17',
  '1e3',
  '1.',
  '.5',
  '.inf',
  '.nan',
  '-.inf',
  '2026-01-31',
  '12:30',
  '!!str 1',
  '!!int x',
  '!!binary YQ==',
  '!!binary x',
  '!foo x',
  '"\\u0041"',
  "'it''s'",
  '+1',
  '-0',
  '18446744073709551615',
  '18446744073709551616',
  '!!bool yes',
  '!!float 1',
  '!!null ""',
  '<<',
  '=',
  'True',
  'FALSE',
  '&x a',
  '*x',
  '|\n    a\n',
  '>-\n    a\n    b\n',
  '? a',
  '- a',
  '{a: b}',
  '[a, b]',
  '@a',
  '`a',
  '%a',
  'a: b',
  'a #b',
  '#b',
]

/** One change in the text. */
export function mangle(text: string, random: Random): string {
  const lines = text.split('\n')
  const at = Math.floor(random() * lines.length)
  const line = lines[at]!
  const replaceLine = (...by: readonly string[]): string => lines.toSpliced(at, 1, ...by).join('\n')
  const edits: readonly (() => string)[] = [
    () => replaceLine(line, line),
    () => replaceLine(),
    () => replaceLine(`\t${line}`),
    () => replaceLine(` ${line}`),
    () => replaceLine(line.replace(/^( *)/, '$1\t')),
    () =>
      replaceLine(
        line.replace(/(: |- )\S.*$/, (_all, lead: string) => `${lead}${pick(scalars, random)}`),
      ),
    () =>
      replaceLine(
        line.replace(/(: |- )\S.*$/, (_all, lead: string) => `${lead}${pick(scalars, random)}`),
      ),
    () =>
      replaceLine(
        line.replace(/(: |- )\S.*$/, (_all, lead: string) => `${lead}${pick(scalars, random)}`),
      ),
    () =>
      replaceLine(
        line.replace(
          /^( *(?:- )?)(\w+):/,
          (_all, lead: string) => `${lead}${pick(scalars, random)}:`,
        ),
      ),
    () => `${text}---\n${text}`,
    () => `---\n${text}...\n`,
    () => `%YAML 1.1\n---\n${text}`,
    () => `${text}---\n: [`,
    () => `# a comment\n\n${text}`,
    () => `\ufeff${text}`,
    () => text.replaceAll('\n', '\r\n'),
    () => text.slice(0, Math.floor(random() * text.length)),
    () => `${text}x: &a [1]\ny: *a\nz: *b\n`,
    () => `${text}x: &a {rules: [{level: None}]}\n<<: *a\n`,
    () => `x: &a {rules: [{level: None}]}\n<<: *a\n${text}`,
    () => `x: &a {omitStages: [Panic]}\n<<: [*a, {omitManagedFields: true}]\n${text}`,
    () => `x: &a\n  b: *a\n${text}`,
    () => `${text}? [a]\n: b\n`,
    () => `${text}~: b\n`,
    () => `${text}1: b\n`,
    () => `${text}x: .nan\n`,
    () => `${text}apiVersion: audit.k8s.io/v1\n`,
    () => `${text}rules: [{}]\n`,
    () =>
      text.replace(
        '"rules":',
        '"rules":[{"level":"None","users":["alice"]},{"verbs":["get"],"level":"Request"}],"rules":',
      ),
    () => text.replace('{', ' {'),
    () => text.replaceAll('level', pick(['Level', '"level"', 'level '], random)),
    () => '',
    () => pick(['null', '[]', 'x', '- a', '{}', '{', '---', '# a'], random),
    () => lines.map((each) => (each === '' ? each : `  ${each}`)).join('\n'),
    () =>
      line.trim() === ''
        ? `${text}\u0001`
        : replaceLine(
            `${line}${pick(['\u0001', '\u0085', '\u00a0', '\u2028', '"', "'", ']', '}', ',', ':', ' #', '&a', '*a'], random)}`,
          ),
  ]
  return pick(edits, random)()
}
