import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { print } from './figures.ts'
import { matchTurns, type RulesFigures, rulesWorkloads } from './rules-figures.ts'
import type { Workload } from './workload.ts'

const script = fileURLToPath(new URL('rules-process.ts', import.meta.url))
const counts = [1, 16, 100, 1000, 3000]
const kinds = ['match', 'stored', 'lines', 'scan'] as const
/** How often each set gets a process. */
const passes = 3

/**
 * µs an event with ever more rules, each as a ratio to `JSON.parse` of the same bytes. Each set has processes of its own, as in a service,
 * in which it takes turns with `JSON.parse`; the sets take turns, too, and of all turns the least counts.
 */
export async function benchRulesPart(rounds: number): Promise<void> {
  for (const [name, open] of Object.entries(rulesWorkloads)) {
    const workload = open()
    const runs = new Map<number, RulesFigures[]>(counts.map((count) => [count, []]))
    for (let pass = 0; pass < passes; pass++)
      for (const [count, figures] of runs) figures.push(await figuresOf(name, count, rounds))
    printRuns(workload, runs, rounds)
  }
}

async function figuresOf(name: string, count: number, rounds: number): Promise<RulesFigures> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, script, name, String(count), String(rounds)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  if (code !== 0) throw new Error(`measuring ${count} rules ended with ${code}`)
  // Our own script printed it.
  return JSON.parse(output) as RulesFigures
}

function printRuns(
  { name, events, bytes }: Workload,
  runs: ReadonlyMap<number, readonly RulesFigures[]>,
  rounds: number,
): void {
  const least = (figures: readonly RulesFigures[], kind: keyof RulesFigures): number =>
    Math.min(...figures.map((run) => run[kind]))
  const parseUs = least([...runs.values()].flat(), 'parse')
  print(
    `\nRules on ${events} recorded events, ${name}, ${(bytes / events).toFixed(0)} bytes each; least of ${passes} processes' ${rounds * matchTurns} and ${rounds} turns`,
  )
  print(
    '  rules   match   ratio   stored   ratio   lines   ratio    scan   ratio   decoded   matches   load ms',
  )
  for (const [count, figures] of runs) {
    const cells = kinds.map((kind) => {
      const us = least(figures, kind)
      return `${us.toFixed(2).padStart(8)}${(us / parseUs).toFixed(2).padStart(8)}`
    })
    const share = (least(figures, 'decoded') / events) * 100
    print(
      `${String(count).padStart(7)}${cells.join(' ')}${`${share.toFixed(1)} %`.padStart(10)}${String(least(figures, 'matches')).padStart(10)}${least(figures, 'loadMs').toFixed(0).padStart(10)}`,
    )
  }
  print(`  JSON.parse: ${parseUs.toFixed(2)} µs`)
  const us = (count: number): number => least(runs.get(count) ?? [], 'match')
  const slope = (us(3000) - us(100)) / 2900
  print(
    `  slope between 100 and 3,000 rules: ${slope.toFixed(5)} µs a rule, ${((slope / parseUs) * 100).toFixed(4)} % of JSON.parse`,
  )
}
