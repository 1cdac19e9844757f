import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import fc from 'fast-check'
import { createCorrelator } from '../../src/detect/correlate/create.ts'
import {
  correlation,
  eventsOf,
  lettersText,
  matchesIn,
  ruleSetWith,
  type SketchedEvent,
} from '../support/correlation/sequence.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

/**
 * Runs generated sequences of events through rsigma and prints how often it finds another correlation, for each kind of
 * rule, and the first such sequence. What docs/sigma-semantics.md decides differently is meant to be here: events of equal
 * time, and windows that are a whole timespan long, are kept out of all kinds but those named after them.
 *
 *     cargo install rsigma
 *     node test/verify/correlation-differential.ts [PATH_OF_RSIGMA [SEQUENCES_OF_EACH_KIND]]
 */
const [program = 'rsigma', howMany = '100'] = process.argv.slice(2)
await using folder = await createTemporaryFolder('differential')

const span = 'timespan: 10s, group-by: [u]'
const tests = fc
  .tuple(fc.constantFrom('gt', 'gte'), fc.integer({ min: 1, max: 4 }))
  .map(([operator, number]) => `${operator}: ${number}`)
const counted = (rules: string): fc.Arbitrary<string> =>
  tests.map((test) => `type: event_count, rules: [${rules}], ${span}, condition: { ${test} }`)

/** Kinds of rules and events. Seconds are multiples of three, so that none are exactly ten apart. */
const kinds: Readonly<Record<string, Kind>> = {
  event_count: { rule: counted('a'), letters: ['a', 'b'] },
  'event_count over two rules': { rule: counted('a, b'), letters: ['a', 'b', 'c'] },
  'event_count, events of both rules': { rule: counted('a, b'), letters: ['a', 'ab'] },
  'event_count, events of equal time': { rule: counted('a'), letters: ['a'], isTied: true },
  'event_count, exactly a timespan apart': { rule: counted('a'), letters: ['a'], step: 5 },
  value_count: {
    rule: tests.map(
      (test) => `type: value_count, rules: [a], ${span}, condition: { ${test}, field: v }`,
    ),
    letters: ['a'],
  },
  'value_count, without values': {
    rule: tests.map(
      (test) => `type: value_count, rules: [a], ${span}, condition: { ${test}, field: w }`,
    ),
    letters: ['a'],
  },
  'without the group': {
    rule: counted('a').map((rule) => rule.replace('[u]', '[w]')),
    letters: ['a'],
  },
  temporal: {
    rule: fc.constant(`type: temporal, rules: [a, b], ${span}`),
    letters: ['a', 'b', 'c'],
  },
  'temporal, events of both rules': {
    rule: fc.constant(`type: temporal, rules: [a, b], ${span}`),
    letters: ['a', 'ab'],
  },
  'temporal, two of three': {
    rule: fc.constant(`type: temporal, rules: [a, b, c], ${span}, condition: { gte: 2 }`),
    letters: ['a', 'b', 'c'],
  },
  temporal_ordered: {
    rule: fc.constant(`type: temporal_ordered, rules: [a, b], ${span}`),
    letters: ['a', 'b', 'c'],
  },
  'temporal_ordered, events of both rules': {
    rule: fc.constant(`type: temporal_ordered, rules: [a, b], ${span}`),
    letters: ['a', 'ab'],
  },
}

interface Kind {
  readonly rule: fc.Arbitrary<string>
  readonly letters: readonly string[]
  readonly isTied?: boolean
  /** Seconds are multiples of it. */
  readonly step?: number
}

const values = fc.constantFrom('x', 'y', 'z')

function sequences({ letters, isTied = false, step = 3 }: Kind): fc.Arbitrary<SketchedEvent[]> {
  const event = fc.record({
    is: fc.constantFrom(...letters),
    at: fc.integer({ min: 0, max: 20 }).map((number) => number * step),
    with: fc.record(
      { u: fc.constantFrom('x', 'y'), v: values, w: values },
      { requiredKeys: ['u', 'v'] },
    ),
  })
  const limits = { minLength: 5, maxLength: 20, size: 'max' } as const
  const all = isTied
    ? fc.array(event, limits)
    : fc.uniqueArray(event, { ...limits, minLength: 0, selector: ({ at }) => at })
  return all.map((some) => some.toSorted((a, b) => a.at - b.at))
}

let kindsApart = 0
for (const [name, kind] of Object.entries(kinds)) {
  const samples = fc.sample(fc.tuple(kind.rule, sequences(kind)), {
    numRuns: Number(howMany),
    seed: 1,
  })
  let apart = 0
  let example = ''
  for (const [rule, sketched] of samples) {
    const ours = answer(rule, sketched).join(', ')
    const theirs = (await theirAnswer(rule, sketched)).join(', ')
    if (ours === theirs) continue
    apart += 1
    const events = sketched.map(({ is, at, with: keys }) => `${is}${at} ${JSON.stringify(keys)}`)
    example ||= `    ${rule}\n    ${events.join('\n    ')}\n    here  ${ours}\n    there ${theirs}\n`
  }
  if (apart > 0) kindsApart += 1
  process.stdout.write(`${name}: ${samples.length - apart} of ${samples.length} alike\n${example}`)
}
process.stdout.write(
  `${Object.keys(kinds).length - kindsApart} kinds alike, ${kindsApart} otherwise\n`,
)

/** Places of the completing events, with their group. */
function answer(rule: string, sketched: readonly SketchedEvent[]): string[] {
  const ruleSet = ruleSetWith(correlation(rule))
  const events = eventsOf(sketched)
  const correlator = createCorrelator(ruleSet.correlations, { tells: 'settled' })
  const placeById = new Map(events.map(({ id }, place) => [id, place]))
  const told = matchesIn(ruleSet, events).flatMap((matches, place) => {
    const { cluster, timeUs } = events[place]!
    return [...correlator.accept(matches, ''), ...correlator.advance(cluster, '', timeUs, Infinity)]
  })
  return [...told, ...correlator.close()]
    .map(({ event, group }) => `${placeById.get(event.id)} ${Object.values(group).join()}`)
    .toSorted()
}

async function theirAnswer(rule: string, sketched: readonly SketchedEvent[]): Promise<string[]> {
  const file = join(folder.path, 'rules.yml')
  // A rule without an id never feeds its correlation there.
  const withIds = lettersText.replaceAll(/^name: (\w)$/gm, (line, letter: string) => {
    const digits = letter.charCodeAt(0).toString().padStart(12, '0')
    return `${line}\nid: 0e95725d-7320-415d-80f7-${digits}`
  })
  writeFileSync(file, `${withIds}\n---\n${correlation(rule)}\n`)
  const events = eventsOf(sketched).map(({ raw }, place) => JSON.stringify({ ...raw, place }))
  const output = await run(
    [
      ...[
        'engine',
        'eval',
        '--rules',
        file,
        '--timestamp-field',
        'stageTimestamp',
        '--no-detections',
      ],
      ...['--correlation-event-mode', 'full', '--max-correlation-events', '1000'],
      ...['--output-format', 'ndjson', '--quiet'],
    ],
    `${events.join('\n')}\n`,
  )
  return output
    .split('\n')
    .filter((line) => line.includes('"correlation_type"'))
    .map(completion)
    .toSorted()
}

interface TheirMatch {
  readonly group_key: readonly (readonly [string, string | null])[]
  readonly events: readonly { readonly place: number }[]
}

function completion(line: string): string {
  // What it prints for a correlation with its events.
  const { group_key: group, events } = JSON.parse(line) as TheirMatch
  return `${events.at(-1)?.place} ${group.map(([, value]) => value).join()}`
}

function run(args: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { timeout: 20_000 }, (error, output) => {
      if (error === null) resolve(output)
      else reject(error)
    })
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}
