import { median, print } from './figures.ts'
import { measureJsonParse } from './json-parse.ts'
import { type OpenPath, openWholePath, type PathFigures, roundsFrom } from './whole-path.ts'
import { bodiesWorkload, metadataWorkload, type Workload } from './workload.ts'

const mib = 1 << 20

/** CPU of the whole path, from the socket to the alert, and as ratios to `JSON.parse` of the same bodies. */
export async function benchPathPart(turns: number): Promise<void> {
  await benchWorkload(metadataWorkload(), { turns, rounds: 2 })
  await benchWorkload(bodiesWorkload(), { turns, rounds: 10 })
}

/** How often the workload is posted in a turn: waiting until all is read takes time of its own. */
interface Amount {
  readonly turns: number
  readonly rounds: number
}

interface Turn extends PathFigures {
  /** CPU of `JSON.parse` just before, an event. */
  readonly parseUs: number
}

interface Measured {
  readonly what: string
  readonly path: OpenPath
  readonly costs: Turn[]
}

/** Two services take turns with `JSON.parse`, so that what else the machine does comes to all; before them as many rounds in which the compiler finds what is hot. */
async function benchWorkload(workload: Workload, { turns, rounds }: Amount): Promise<void> {
  const { name, events, bytes } = workload
  await using few = await openWholePath(workload, { work: 'twentyRules' })
  await using all = await openWholePath(workload)
  const paths: readonly Measured[] = [
    { what: '20 rules', path: few, costs: [] },
    { what: 'all rules, and profiles', path: all, costs: [] },
  ]
  for (const { path } of paths) await path.post(roundsFrom(0, turns * rounds))
  for (let turn = turns; turn < 2 * turns; turn++)
    for (const { path, costs } of paths)
      costs.push({
        parseUs: measureJsonParse(workload, 3),
        ...(await path.post(roundsFrom(turn * rounds, rounds))),
      })
  const parses = paths.flatMap(({ costs }) => costs.map(({ parseUs }) => parseUs))
  print(
    `\n${name}: ${events} recorded events, ${(bytes / events).toFixed(0)} bytes each, posted ${turns} times ${rounds}`,
  )
  print(
    `  JSON.parse  ${median(parses).toFixed(2)} µs CPU an event (${Math.min(...parses).toFixed(2)} to ${Math.max(...parses).toFixed(2)}), before each turn of`,
  )
  print('  receive … alert, the whole path, with')
  for (const { what, path, costs } of paths) {
    const seconds = costs.reduce((sum, turn) => sum + turn.seconds, 0)
    print(
      `    ${what.padEnd(24)}${median(costs.map(({ cpuUsPerEvent }) => cpuUsPerEvent)).toFixed(2)} µs CPU an event, ratio ${median(costs.map(({ cpuUsPerEvent, parseUs }) => cpuUsPerEvent / parseUs)).toFixed(2)}; sustained ${((events * turns * rounds) / seconds).toFixed(0)} events/s, peak memory ${(path.peakBytes / mib).toFixed(0)} MiB`,
    )
  }
}
