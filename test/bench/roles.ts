import { observeOffline } from '../../src/app/observe-offline.ts'
import { Observation } from '../../src/rbac/observe/observation.ts'
import { defaultSuggestOptions } from '../../src/rbac/suggest/options.ts'
import { renderYaml } from '../../src/rbac/suggest/render-yaml.ts'
import { profilesOf, subjectOfUser } from '../../src/rbac/suggest/subject.ts'
import { suggest } from '../../src/rbac/suggest/suggest.ts'
import { listRecordings, readRecording } from '../support/recordings.ts'
import { leastCpuUs } from './cpu.ts'
import { print } from './figures.ts'

const accountPrefix = 'system:serviceaccount:'
/** As a file is read. */
const chunkBytes = 256 * 1024

/** CPU of role suggestions for all recorded service accounts at once, as a ratio to `JSON.parse` of the same lines. */
export async function benchRolesPart(rounds: number): Promise<void> {
  const bytes = Buffer.concat(
    listRecordings('benign', '.jsonl').map((name) => readRecording(`benign/${name}`)),
  )
  const lines = bytes.toString('utf8').trimEnd().split('\n')
  const parse = (): Promise<number> =>
    leastCpuUs(() => {
      for (const line of lines)
        if (typeof JSON.parse(line) !== 'object') throw new Error('no event')
    }, rounds)
  const beforeUs = await parse()
  let observation = new Observation()
  const observeUs = await leastCpuUs(async () => {
    observation = await observed(bytes)
  }, rounds)
  let told = { accounts: 0, rules: 0, used: 0, usedAllowed: 0 }
  const suggestUs = await leastCpuUs(() => {
    told = suggestAll(observation)
  }, rounds)
  const afterUs = await parse()
  const parseUs = Math.min(beforeUs, afterUs)
  const line = (what: string, us: number): void =>
    print(
      `  ${what.padEnd(32)}${(us / 1000).toFixed(0).padStart(5)} ms CPU, ratio ${(us / parseUs).toFixed(2)}`,
    )
  print(
    `\nRoles for all ${told.accounts} service accounts of ${lines.length} recorded events: ${told.rules} rules; ${told.usedAllowed} of ${told.used} used requests allowed in the replay`,
  )
  print(
    `  JSON.parse of the lines         ${(parseUs / 1000).toFixed(0).padStart(5)} ms CPU (${(beforeUs / 1000).toFixed(0)} before, ${(afterUs / 1000).toFixed(0)} after)`,
  )
  line('split and observe', observeUs)
  line('suggest, prove and write', suggestUs)
  line('in all', observeUs + suggestUs)
}

async function observed(bytes: Buffer): Promise<Observation> {
  const observation = new Observation({ wants: (user) => user.startsWith(accountPrefix) })
  for await (const _ of observeOffline(chunksOf(bytes), observation, '')) {
    // It is learned on the way.
  }
  return observation
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
}

function suggestAll(observation: Observation) {
  const profiles = observation.profiles()
  const [window] = observation.windows()
  const accounts = profiles.filter(({ user }) => user.startsWith(accountPrefix))
  const told = { accounts: accounts.length, rules: 0, used: 0, usedAllowed: 0 }
  for (const { user } of accounts) {
    const subject = subjectOfUser(user)
    const own = profilesOf(profiles, subject)
    const suggestion = suggest(
      { cluster: '', subject, profiles: own, window },
      defaultSuggestOptions,
    )
    renderYaml(suggestion)
    told.rules += suggestion.objects.reduce((all, { rules }) => all + rules.length, 0)
    told.used += suggestion.proof.used
    told.usedAllowed += suggestion.proof.usedAllowed
  }
  return told
}
