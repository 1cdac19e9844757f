import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../support/run-command.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const head = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n'
const bomb = `${head}metadata: &a [x, x]\n${'bcdefghijklmnopqrstuvwxyz'
  .split('')
  .map((name, i) => {
    const before = `*${String.fromCharCode(97 + i)}`
    return `${name}: &${name} [${Array.from({ length: 9 }, () => before).join(', ')}]`
  })
  .join('\n')}\nrules: [{level: Metadata}]\n`

/** Checks a file of that text; `path` is the path that the command was given. */
async function check(text: string, ...args: readonly string[]) {
  await using folder = await createTemporaryFolder('policy-check')
  const path = join(folder.path, 'policy.yml')
  writeFileSync(path, text)
  return { path, ...(await runCommand(['policy', 'check', path, ...args])) }
}

describe('kubewitness policy check', () => {
  it('says nothing as JSON and a word in the table when there is no problem, and ends with 0', async () => {
    const text = `${head}rules:\n  - level: Metadata\n`
    expect(await check(text, '--output', 'json')).toMatchObject({ code: 0, stdout: '' })
    expect(await check(text)).toMatchObject({ code: 0, stdout: 'No problems.\n' })
  })

  it('prints one JSON object a problem, with the path of the field, and ends with 1', async () => {
    const text = `${head}rules:\n  - level: Metadata\n    resources:\n      - group: apps/v1\n`
    const { code, stdout } = await check(text, '--output', 'json')
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toEqual({
      severity: 'error',
      code: 'policy.group',
      path: 'rules[0].resources[0].group',
      line: 6,
      column: 16,
      message:
        'rules[0].resources[0].group: invalid value "apps/v1": not an API group (leave the version out)',
    })
  })

  it('prints one line a problem, with file, line and column', async () => {
    const text = `${head}rules:\n  - level: Metadata\n    verb: [get]\n`
    const { code, path, stdout } = await check(text)
    expect(code).toBe(1)
    expect(stdout).toBe(
      `${path}:5:5: warning: rules[0].verb: no such field here; the API server drops it: correct its name or indentation, or remove it [policy.unknownField]\n`,
    )
  })

  it('reads a policy as the version does', async () => {
    const text = `${head}rules:\n  - level: Metadata\n    resources: [{group: "*"}]\n  - level: Metadata\n`
    expect(await check(text, '--kubernetes-version', '1.35')).toMatchObject({ code: 1 })
    expect(await check(text, '--kubernetes-version', 'v1.36.2')).toMatchObject({ code: 0 })
  })

  it.each([
    ['no YAML', `${head}rules: [\n`, /:\d+:\d+: error: .* \[yaml\.syntax\]\n$/],
    [
      'no JSON',
      '{"kind": Policy}',
      /:1:10: error: a file that begins with \{ .* \[json\.syntax\]\n$/,
    ],
    ['a tab', `${head}rules:\n\t- level: Metadata\n`, /:4:1: error: .* \[yaml\.(tab|syntax)\]\n$/],
    [
      'two documents',
      `${head}rules: [{level: Metadata}]\n---\nkind: Policy\n`,
      /:\d+:1: warning: the API server reads the first document only; remove the others \[yaml\.secondDocument\]\n$/,
    ],
    [
      'another kind',
      'apiVersion: v1\nkind: Pod\n',
      /:1:1: error: v1 Pod; an audit policy begins with `apiVersion: audit\.k8s\.io\/v1` and `kind: Policy` \[policy\.kind\]\n$/,
    ],
    [
      'another version',
      'apiVersion: audit.k8s.io/v1beta1\nkind: Policy\nrules: [{level: None}]\n',
      /:1:1: error: audit\.k8s\.io\/v1beta1 Policy; an audit policy begins with .* \[policy\.kind\]\n$/,
    ],
    [
      'empty rules',
      `${head}rules: []\n`,
      /:3:8: error: rules: .* add one, such as `- level: Metadata` \[policy\.noRules\]\n$/,
    ],
    ['an empty file', '', /:1:1: error: no apiVersion; .* \[policy\.kind\]\n$/],
    [
      'ten megabytes',
      `${head}rules:\n${'  - level: Metadata\n'.repeat(500_000)}`,
      /:1:1: error: the file has more than 2097152 characters; .* \[policy\.tooLarge\]\n$/,
    ],
    ['a bomb of aliases', bomb, /:\d+:\d+: error: the aliases expand .* \[yaml\.alias\]\n$/],
  ])('has one message for %s, and ends with 1', async (_title, text, expected) => {
    const { code, stdout, stderr } = await check(text)
    expect({ code, stderr, lines: stdout.split('\n').length }).toEqual({
      code: 1,
      stderr: '',
      lines: 2,
    })
    expect(stdout).toMatch(expected)
  })

  it('ends with 2 for a version that is not known, and with 3 for a file that is not there', async () => {
    const unknown = await check(`${head}rules: [{level: None}]\n`, '--kubernetes-version', '1.99')
    expect(unknown).toMatchObject({ code: 2, stdout: '' })
    expect(unknown.stderr).toContain('1.29 to 1.37')
    const absent = await runCommand(['policy', 'check', 'no-such-policy.yml'])
    expect(absent).toMatchObject({ code: 3, stdout: '' })
    expect(absent.stderr).toContain('cannot read no-such-policy.yml')
  })
})
