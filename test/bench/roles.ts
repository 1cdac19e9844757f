import { observeOffline } from '../../src/app/observe-offline.ts'
import { requestOfEvent } from '../../src/audit/policy/request.ts'
import { createAuthorizer, type RbacUser } from '../../src/rbac/authorize.ts'
import type { RbacObjects } from '../../src/rbac/objects.ts'
import type { AccessRequest } from '../../src/rbac/observe/access.ts'
import { Observation } from '../../src/rbac/observe/observation.ts'
import { reportOf } from '../../src/rbac/report/report.ts'
import { rbacObjectsOf, type SuggestedObject } from '../../src/rbac/suggest/assemble.ts'
import { defaultSuggestOptions } from '../../src/rbac/suggest/options.ts'
import { renderYaml } from '../../src/rbac/suggest/render-yaml.ts'
import { profilesOf, subjectOfUser } from '../../src/rbac/suggest/subject.ts'
import { suggest } from '../../src/rbac/suggest/suggest.ts'
import { type ClusterUse, createClusterUse } from '../../src/rbac/usage/cluster-use.ts'
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
  let told = suggestAll(observation)
  const suggestUs = await leastCpuUs(() => {
    told = suggestAll(observation)
  }, rounds)
  const objects = rbacObjectsOf(told.objects)
  const reportUs = await leastCpuUs(() => {
    reportOf(clusterUseOf(objects, observation))
  }, rounds)
  const requests = lines.map(requestOfLine)
  const decideUs = await leastCpuUs(() => {
    const authorizer = createAuthorizer(objects)
    for (const { user, request } of requests) authorizer.authorize(user, request)
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
  line('report on the suggested roles', reportUs)
  line('decide every event', decideUs)
}

function clusterUseOf(objects: RbacObjects, observation: Observation): ClusterUse {
  return createClusterUse({
    objects,
    profiles: observation.profiles(),
    window: observation.windows()[0],
    isCut: observation.isCut,
    kubernetesVersion: defaultSuggestOptions.kubernetesVersion,
  })
}

function requestOfLine(line: string): { user: RbacUser; request: AccessRequest } {
  const { user, ...request } = requestOfEvent(JSON.parse(line))
  return { user: user ?? { name: '', groups: [] }, request }
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
  const objects: SuggestedObject[] = []
  const told = { accounts: accounts.length, objects, rules: 0, used: 0, usedAllowed: 0 }
  for (const { user } of accounts) {
    const subject = subjectOfUser(user)
    const own = profilesOf(profiles, subject)
    const suggestion = suggest(
      { cluster: '', subject, profiles: own, window },
      defaultSuggestOptions,
    )
    renderYaml(suggestion)
    objects.push(...suggestion.objects)
    told.rules += suggestion.objects.reduce((all, { rules }) => all + rules.length, 0)
    told.used += suggestion.proof.used
    told.usedAllowed += suggestion.proof.usedAllowed
  }
  return told
}
