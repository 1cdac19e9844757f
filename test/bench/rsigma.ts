import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { generateRuleFiles } from '../support/generated-rules.ts'
import { builtScript } from '../support/service-process.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { print } from './figures.ts'
import { metadataWorkload } from './workload.ts'

const rules = 100
const minimumEvents = 200_000

/**
 * The same rules and JSON lines given to `rsigma` (of the environment's RSIGMA, else of the PATH) and to `rules match`,
 * as processes of their own. What either needs without events (start, rules) is taken off. Nothing is printed when
 * there is no rsigma; throws when the two do not find the same.
 */
export async function benchRsigma(rounds: number): Promise<void> {
  const program = process.env['RSIGMA'] ?? onPath('rsigma')
  if (program === undefined) return
  await using folder = await createTemporaryFolder('rsigma')
  const input = await writeInput(folder.path)
  const theirs = [
    ...[program, 'engine', 'eval', '--rules', input.rules],
    ...['--input-format', 'json', '--output-format', 'ndjson', '--quiet'],
  ]
  const ours = [
    ...[process.execPath, '--no-incremental-marking', builtScript],
    ...['rules', 'match', '--rules', input.rules, '--mapping', 'none', '-'],
  ]
  const output = join(folder.path, 'output')
  const found = [
    theirMatches(run([...theirs, '--include-event'], input.lines, output).output),
    ourMatches(run(ours, input.lines, output).output),
  ]
  if (found[0] !== found[1]) throw new Error('rsigma and Kubewitness do not match the same')
  const cost = (words: readonly string[]): number => {
    const least = (file: string) =>
      Math.min(...Array.from({ length: rounds }, () => run(words, file, output).cpuMs))
    return ((least(input.lines) - least(input.empty)) * 1000) / input.events
  }
  const [theirUs, ourUs] = [cost(theirs), cost(ours)]
  const count = found[0]?.split('\n').length ?? 0
  print(
    `\n${rules} generated rules on ${input.events} events as JSON lines, ${count} matches, the same of both`,
  )
  print(`  rsigma              ${theirUs.toFixed(2)} µs CPU an event`)
  print(`  rules match         ${ourUs.toFixed(2)} µs CPU an event`)
  print(`  rsigma / rules match ${(theirUs / ourUs).toFixed(2)}`)
}

interface Input {
  readonly rules: string
  readonly lines: string
  readonly empty: string
  readonly events: number
}

/** The recorded events over and over, their audit ids their numbers. */
async function writeInput(folder: string): Promise<Input> {
  const input = {
    rules: join(folder, 'rules'),
    lines: join(folder, 'lines'),
    empty: join(folder, 'none'),
  }
  mkdirSync(join(input.rules, 'generated'), { recursive: true })
  for (const { path, text } of generateRuleFiles(rules))
    writeFileSync(join(input.rules, path), text)
  const lines = metadataWorkload().lines().toString('utf8').trimEnd().split('\n')
  const events = lines.length * Math.ceil(minimumEvents / lines.length)
  const numbered = Array.from({ length: events }, (_, number) =>
    lines[number % lines.length]!.replace(/"auditID":"[^"]*"/, `"auditID":"${number}"`),
  )
  writeFileSync(input.lines, `${numbered.join('\n')}\n`)
  writeFileSync(input.empty, '')
  return { ...input, events }
}

/** The shell says what its children took, in minutes and seconds (POSIX, `times`). */
function run(
  words: readonly string[],
  input: string,
  output: string,
): { readonly output: string; readonly cpuMs: number } {
  const script = 'input=$1; output=$2; shift 2; "$@" < "$input" > "$output"; times'
  const { stdout, stderr } = spawnSync('sh', ['-c', script, 'sh', input, output, ...words], {
    encoding: 'utf8',
  })
  const children = stdout.trim().split('\n').at(-1) ?? ''
  const times = [...children.matchAll(/(\d+)m([\d.]+)s/g)]
  if (times.length !== 2) throw new Error(`${words[0]} did not run: ${stderr}`)
  const cpuMs = times.reduce(
    (sum, [, minutes, s]) => sum + 60_000 * Number(minutes) + 1000 * Number(s),
    0,
  )
  return {
    cpuMs,
    get output() {
      return readFileSync(output, 'utf8')
    },
  }
}

function theirMatches(output: string): string {
  return linesOf(output, (line) => {
    // With --include-event.
    const { rule_id, event } = line as { rule_id: string; event: { auditID: string } }
    return `${event.auditID} ${rule_id}`
  })
}

function ourMatches(output: string): string {
  return linesOf(output, (line) => {
    const { rule, event } = line as { rule: string; event: number }
    return `${event} ${rule}`
  })
}

function linesOf(output: string, text: (line: unknown) => string): string {
  const lines = output.split('\n').filter((line) => line.startsWith('{'))
  return lines
    .map((line) => text(JSON.parse(line)))
    .sort()
    .join('\n')
}

function onPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':')
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}
