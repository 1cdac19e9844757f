import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import fc from 'fast-check'
import { toAuditEvent } from '../../src/audit/event.ts'
import { naiveCorrelations } from '../support/correlation/naive.ts'
import { naiveBounded } from '../support/correlation/naive-evictions.ts'
import { lettersText, ruleSetWith } from '../support/correlation/sequence.ts'
import {
  type Arrival,
  correlations,
  correlationsOfFewBytes,
  correlationsOfFewKeys,
  streams,
  withLongKeys,
} from '../support/correlation/streams.ts'
import { runCommand } from '../support/run-command.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

/**
 * Runs generated sequences through `kubewitness rules match`, files and all, and prints how many give exactly the matches
 * of the plain evaluator: correlations of all types and over each other, events out of order within the lateness, of equal
 * time and twice; the same with room for few groups, and for few bytes. Exits with 1 when one differs.
 *
 *     node test/verify/rules-match-sequences.ts [SEQUENCES_OF_EACH_KIND [SEED]]
 */
const [howMany = '200', seed = '1'] = process.argv.slice(2)
const context = { cluster: 'default', receivedAtMs: 0 }
await using folder = await createTemporaryFolder('sequences')

const kinds = {
  'any correlation': { rules: correlations, made: (stream: readonly Arrival[]) => stream },
  'room for few groups': {
    rules: correlationsOfFewKeys,
    made: (stream: readonly Arrival[]) => stream,
  },
  'room for few bytes': { rules: correlationsOfFewBytes, made: withLongKeys },
}

let apart = 0
for (const [name, { rules, made }] of Object.entries(kinds)) {
  const samples = fc.sample(fc.tuple(rules, streams(9)), {
    numRuns: Number(howMany),
    seed: Number(seed),
  })
  let alike = 0
  let matches = 0
  for (const [documents, stream] of samples) {
    const inOne = made(stream).flatMap(({ event, sender }) =>
      // The name of the cluster is part of what a group takes.
      event.cluster === 'one' ? [{ event: toAuditEvent(event.raw, context), sender }] : [],
    )
    const wanted = expected(documents, inOne, name !== 'any correlation')
    const given = await answer(documents, inOne)
    matches += wanted.length
    if (wanted.join('\n') === given.join('\n')) alike += 1
    else process.stdout.write(`${documents.join('\n---\n')}\n${difference(wanted, given)}`)
  }
  apart += samples.length - alike
  process.stdout.write(`${name}: ${alike} of ${samples.length} alike, ${matches} matches\n`)
}
process.exitCode = apart === 0 ? 0 : 1

function difference(wanted: readonly string[], given: readonly string[]): string {
  const missing = wanted.filter((each) => !given.includes(each))
  const invented = given.filter((each) => !wanted.includes(each))
  const short = (texts: readonly string[]): string => texts.join(', ').slice(0, 500)
  return `missing ${short(missing)}\ninvented ${short(invented)}\n`
}

/** Rule, group and place of the completing event of each match of a correlation. */
async function answer(
  documents: readonly string[],
  stream: readonly Arrival[],
): Promise<readonly string[]> {
  const rulesFile = join(folder.path, 'rules.yml')
  const eventsFile = join(folder.path, 'events.jsonl')
  writeFileSync(rulesFile, [lettersText, ...documents].join('\n---\n'))
  writeFileSync(eventsFile, stream.map(({ event }) => `${JSON.stringify(event.raw)}\n`).join(''))
  const { stdout } = await runCommand(['rules', 'match', eventsFile, '--rules', rulesFile])
  return stdout
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as { rule: string; event: number; group?: object })
    .flatMap(({ rule, event, group }) => (group === undefined ? [] : [line(rule, group, event)]))
    .toSorted()
}

function expected(
  documents: readonly string[],
  stream: readonly Arrival[],
  isBounded: boolean,
): readonly string[] {
  const ruleSet = ruleSetWith(...documents)
  const frontiers = frontiersOf(stream)
  const arrived = stream.map(({ event }, i) => ({
    matches: ruleSet.matchEvent(event),
    frontierUs: frontiers[i]!,
  }))
  const placeById = new Map<string, number>()
  for (const [place, { event }] of stream.entries())
    if (!placeById.has(event.id)) placeById.set(event.id, place)
  const found = isBounded
    ? naiveBounded(ruleSet.correlations[0]!, arrived)
    : naiveCorrelations(
        ruleSet.correlations,
        arrived.flatMap(({ matches }) => matches),
      )
  return found
    .filter(({ rule }) => !ruleSet.silent.has(rule))
    .map(({ rule, group, event }) => line(rule, group, placeById.get(event.id)!))
    .toSorted()
}

function line(rule: string, group: object, event: number): string {
  return `${rule} ${JSON.stringify(group)} ${event}`
}

/** How far the one sender of a file is before each event: only what is later than all before is looked at, and nothing is known before the second such. */
function frontiersOf(stream: readonly Arrival[]): readonly number[] {
  let greatestUs = Number.NEGATIVE_INFINITY
  let count = 0
  return stream.map(({ event: { timeUs } }) => {
    const before = count > 1 ? greatestUs : Number.NEGATIVE_INFINITY
    if (timeUs > greatestUs) {
      greatestUs = timeUs
      count += 1
    }
    return before
  })
}
