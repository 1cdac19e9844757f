import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { type LanguageCase, placeholders, readCases } from '../sigma/cases.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

/**
 * Runs the cases of test/sigma/cases through rsigma and prints each of which it says something else. What docs/sigma-semantics.md
 * decides differently is meant to be here; anything else is a question.
 *
 *     cargo install rsigma
 *     node test/verify/sigma-differential.ts [PATH_OF_RSIGMA]
 */
const [program = 'rsigma'] = process.argv.slice(2)
const cases = readCases('test/sigma/cases')
await using folder = await createTemporaryFolder('differential')
const pipeline = join(folder.path, 'pipeline.yaml')
writeFileSync(
  pipeline,
  JSON.stringify({
    name: 'cases',
    priority: 1,
    vars: placeholders,
    transformations: [{ id: 'values', type: 'value_placeholders' }],
  }),
)

/** The titles for each event, or why the rules were refused. */
type Answer = readonly string[] | { readonly refused: string }

let agreed = 0
let differed = 0
for (const each of cases) {
  const ours = expectedOf(each)
  const theirs = await answerOf(each)
  if (isSame(ours, theirs)) agreed += 1
  else {
    differed += 1
    process.stdout.write(
      `${each.file}:${each.line} ${each.why}\n${differences(each, ours, theirs)}`,
    )
  }
}
process.stdout.write(`${cases.length} cases: ${agreed} alike, ${differed} otherwise\n`)

function expectedOf({ rules, events, errorCode }: LanguageCase): Answer {
  if (errorCode !== undefined) return { refused: errorCode }
  const all = [...rules.matchAll(/^title: (\w+)$/gm)].map((found) => found[1] ?? '').join()
  return events.map(({ titles }) => (titles === 'all' ? all : titles.join()))
}

async function answerOf({ rules, events }: LanguageCase): Promise<Answer> {
  const file = join(folder.path, 'rule.yml')
  writeFileSync(file, `${rules}\n`)
  const pipelines = rules.includes('expand') ? ['--pipeline', pipeline] : []
  const options = ['--include-event', '--output-format', 'ndjson', '--quiet', ...pipelines]
  const { code, output, complaint } = await run(
    ['engine', 'eval', '--rules', file, ...options],
    events.map(({ json }) => `${json}\n`).join(''),
  )
  if (code !== 0) return { refused: complaint.trim().split('\n').at(-1) ?? '' }
  const found = output
    .split('\n')
    .filter((line) => line !== '')
    .map(readMatch)
  return events.map(({ json }) => {
    const event = canonical(JSON.parse(json))
    const titles = found.filter((match) => match.event === event).map(({ title }) => title)
    return [...new Set(titles)].sort().join()
  })
}

function readMatch(line: string): { readonly title: string; readonly event: string } {
  const match: unknown = JSON.parse(line)
  if (
    typeof match !== 'object' ||
    match === null ||
    !('rule_title' in match) ||
    !('event' in match)
  )
    throw new Error(`not a match: ${line}`)
  return { title: String(match.rule_title), event: canonical(match.event) }
}

/** The same text for the same value, whatever the order of its keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

function run(
  args: readonly string[],
  input: string,
): Promise<{ readonly code: number; readonly output: string; readonly complaint: string }> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { timeout: 20_000 }, (error, output, complaint) => {
      if (error?.code === 'ENOENT') throw error
      resolve({ code: error === null ? 0 : 1, output, complaint })
    })
    // It may end before it has read the events, when it refuses the rules.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

function isSame(ours: Answer, theirs: Answer): boolean {
  if ('refused' in ours || 'refused' in theirs) return 'refused' in ours && 'refused' in theirs
  return ours.join('|') === theirs.join('|')
}

function differences({ events }: LanguageCase, ours: Answer, theirs: Answer): string {
  if ('refused' in ours) return `    refused here (${ours.refused}), no error there\n`
  if ('refused' in theirs) return `    refused there: ${theirs.refused}\n`
  return events
    .map(({ json }, place) => ({ json, here: ours[place] ?? '', there: theirs[place] ?? '' }))
    .filter(({ here, there }) => here !== there)
    .map(
      ({ json, here, there }) => `    ${json} here ${here || 'none'}, there ${there || 'none'}\n`,
    )
    .join('')
}
