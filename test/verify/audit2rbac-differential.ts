import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { toAuditEvent } from '../../src/audit/event.ts'
import { createAuthorizer } from '../../src/rbac/authorize.ts'
import { AuditedRequests, auditedRequest } from '../../src/rbac/compat/attributes.ts'
import { generateCompatible } from '../../src/rbac/compat/generate.ts'
import { loadRbac } from '../../src/rbac/load.ts'
import type { RbacObjects } from '../../src/rbac/objects.ts'
import { Observation } from '../../src/rbac/observe/observation.ts'
import { rbacObjectsOf } from '../../src/rbac/suggest/assemble.ts'
import { leastUser } from '../../src/rbac/suggest/proof.ts'
import { subjectOfUser } from '../../src/rbac/suggest/subject.ts'
import { suggestionOf } from '../rbac/suggest/support.ts'
import { listRecordings, readEvents } from '../support/recordings.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

/**
 * Runs audit2rbac itself on the recordings, for every user in them, and prints where `--compat audit2rbac` grants something else, and
 * where a suggestion grants what audit2rbac does not.
 *
 *     node test/verify/audit2rbac-differential.ts PATH_OF_AUDIT2RBAC
 */
const [program = 'audit2rbac'] = process.argv.slice(2)
await using folder = await createTemporaryFolder('audit2rbac')
let compared = 0
let differed = 0
for (const set of ['benign', 'attacks', 'special'])
  for (const name of listRecordings(set, '.jsonl')) await compareFile(`${set}/${name}`)
process.stdout.write(`${compared} users of recordings compared, ${differed} otherwise\n`)

async function compareFile(path: string): Promise<void> {
  const events = readEvents(path)
  const file = join(folder.path, 'audit.log')
  writeFileSync(file, events.map((event) => JSON.stringify(event)).join('\n'))
  const observation = new Observation()
  for (const raw of events)
    observation.add(toAuditEvent(raw, { cluster: 'default', receivedAtMs: 0 }))
  for (const { user } of observation.profiles()) {
    const theirs = loadRbac([{ path: user, text: await run(['-f', file, '--user', user]) }]).objects
    const requests = new AuditedRequests()
    for (const raw of events) {
      const request = auditedRequest(raw, user, '')
      if (request !== undefined) requests.add(request)
    }
    const compatible = generateCompatible(requests.sorted(), {
      user,
      expandMultiNamespace: true,
      expandMultiName: true,
      name: 'compared',
      labels: {},
      annotations: {},
    })
    const ours = rbacObjectsOf(compatible.map((object) => ({ object, rules: [] })))
    compared += 1
    const lines = [
      ...differences(grantsOf(ours), grantsOf(theirs)),
      ...broader(observation, user, theirs),
    ]
    if (lines.length > 0) differed += 1
    for (const line of lines) process.stdout.write(`${path} ${user}: ${line}\n`)
  }
}

/** Every single thing that is granted, by scope. */
function grantsOf({ roles, clusterRoles }: RbacObjects): Set<string> {
  const scopes = [
    ...clusterRoles.map(({ rules }) => ({ scope: '', rules })),
    ...roles.map(({ namespace, rules }) => ({ scope: namespace, rules })),
  ]
  return new Set(
    scopes.flatMap(({ scope, rules }) =>
      rules.flatMap(({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }) =>
        verbs.flatMap((verb) => [
          ...nonResourceURLs.map((path) => `${verb} ${path}`),
          ...apiGroups.flatMap((group) =>
            resources.flatMap((resource) =>
              (resourceNames.length === 0 ? ['any name'] : resourceNames).map(
                (name) => `${verb} ${group}/${resource} ${name} ${scope}`,
              ),
            ),
          ),
        ]),
      ),
    ),
  )
}

function differences(ours: ReadonlySet<string>, theirs: ReadonlySet<string>): string[] {
  return [
    ...[...ours].filter((grant) => !theirs.has(grant)).map((grant) => `only here: ${grant}`),
    ...[...theirs].filter((grant) => !ours.has(grant)).map((grant) => `only there: ${grant}`),
  ]
}

/** What a suggestion grants beyond theirs, but for what it says is implied. */
function broader(observation: Observation, user: string, theirs: RbacObjects): string[] {
  const access = createAuthorizer(theirs).forUser(leastUser(subjectOfUser(user)))
  return suggestionOf(observation, user)
    .objects.flatMap(({ rules }) => rules.flatMap(({ needs }) => needs))
    .filter(({ request, evidence, notes }) => {
      const isAsked = evidence.every(({ origin }) => origin === 'request')
      return (
        request.isResource && isAsked && notes.length === 0 && !access.authorize(request).allowed
      )
    })
    .map(({ request }) => `broader: ${JSON.stringify(request)}`)
}

/** What it prints; it fails when no event is of the user. */
function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { maxBuffer: 1 << 26 }, (error, output) => {
      if (error?.code === 'ENOENT') reject(error)
      else resolve(output)
    })
  })
}
