import process from 'node:process'
import { parseArgs } from 'node:util'
import { requestOfAccessReview } from '../../../src/audit/policy/request.ts'
import { at, textOf } from '../../../src/audit/wire.ts'
import { createAuthorizer, describeGrant, type RbacUser } from '../../../src/rbac/authorize.ts'
import { loadRbac } from '../../../src/rbac/load.ts'
import type { RbacObject, RbacObjects } from '../../../src/rbac/objects.ts'
import { refusals } from '../../../src/rbac/refusals.ts'
import { ruleAllows } from '../../../src/rbac/rule-allows.ts'
import { manifestOf } from '../../../src/rbac/suggest/manifest.ts'
import { generateCase } from './generate.ts'

// Makes generated objects in a real API server (--authorization-mode=RBAC, no controller manager, an empty etcd; loopback), asks it by
// SubjectAccessReviews, and compares its answers with ours from what it lists. Give a token of a member of system:masters.
//   NODE_TLS_REJECT_UNAUTHORIZED=0 node test/verify/rbac-oracle/live.ts --server https://127.0.0.1:6443 --token TOKEN --cases 400
const { values } = parseArgs({
  options: {
    server: { type: 'string', default: 'https://127.0.0.1:6443' },
    token: { type: 'string', default: '' },
    from: { type: 'string', default: '0' },
    cases: { type: 'string', default: '100' },
  },
})
const rbacPath = '/apis/rbac.authorization.k8s.io/v1'
const namespaces = ['shop', 'ci', 'kube-system']
const plurals = {
  Role: 'roles',
  ClusterRole: 'clusterroles',
  RoleBinding: 'rolebindings',
  ClusterRoleBinding: 'clusterrolebindings',
}
/** By then its caches have seen what was made. */
const settleMs = 400
const counts = { made: 0, refused: 0, decisions: 0, allowed: 0, otherBinding: 0, different: 0 }

for (const name of namespaces)
  await call('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  })
const first = Number(values.from)
for (let seed = first; seed < first + Number(values.cases); seed++) await tryCase(seed)
process.stdout.write(`${JSON.stringify(counts)}\n`)
process.exitCode = counts.different === 0 ? 0 : 1

async function tryCase(seed: number): Promise<void> {
  const { manifests, requests } = generateCase(seed)
  const { objects, problems } = loadRbac([{ path: `seed ${seed}`, text: manifests }])
  if (problems.some(({ severity }) => severity === 'error')) return
  const made: RbacObject[] = []
  for (const object of Object.values(objects).flat())
    if (isPossible(object) && (await make(object, seed))) made.push(object)
  const live = await liveObjects()
  await new Promise((resolve) => setTimeout(resolve, settleMs))
  for (const spec of requests) await compare(spec, live, seed)
  for (const object of made)
    await call('DELETE', `${collectionOf(object)}/${encodeURIComponent(object.name)}`)
}

/** What can be posted at all; nobody fills in aggregated roles here. */
function isPossible(object: RbacObject): boolean {
  const isPlaced = !('namespace' in object) || namespaces.includes(object.namespace)
  return isPlaced && /^[^/]+$/.test(object.name) && !('aggregationRule' in object)
}

async function make(object: RbacObject, seed: number): Promise<boolean> {
  const plain = { ...object, labels: {}, annotations: {} }
  const { status, body } = await call('POST', collectionOf(object), manifestOf(plain))
  if (status === 409) return false
  const isRefused = refusals(object).length > 0
  if (isRefused === (status === 201)) told(seed, `${JSON.stringify(plain)} got ${status}`, body)
  counts[status === 201 ? 'made' : 'refused'] += 1
  return status === 201
}

async function liveObjects(): Promise<RbacObjects> {
  const files = []
  for (const plural of Object.values(plurals)) {
    const { body } = await call('GET', `${rbacPath}/${plural}`)
    files.push({ path: plural, text: JSON.stringify(body) })
  }
  const { objects } = loadRbac(files)
  const clusterRoles = objects.clusterRoles.map(({ aggregationRule: _, ...role }) => role)
  return { ...objects, clusterRoles }
}

async function compare(spec: object, objects: RbacObjects, seed: number): Promise<void> {
  const groups = at(spec, 'groups')
  const user: RbacUser = {
    name: textOf(at(spec, 'user')),
    groups: Array.isArray(groups) ? groups.map(textOf) : [],
  }
  // The API server reviews nobody.
  if (user.name === '' && user.groups.length === 0) return
  const { body } = await call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec,
  })
  const [isAllowed, reason] = [
    at(at(body, 'status'), 'allowed'),
    textOf(at(at(body, 'status'), 'reason')),
  ]
  const request = requestOfAccessReview(spec)
  const access = createAuthorizer(objects).forUser(user)
  const ours = access.authorize(request)
  // It has no order among bindings, nor among the roles that it misses.
  const others = access
    .grants(request.isResource ? request.namespace : '')
    .filter((grant) => 'rules' in grant && grant.rules.some((rule) => ruleAllows(rule, request)))
    .map((grant) => `RBAC: allowed by ${describeGrant(grant)}`)
  counts.decisions += 1
  if (isAllowed) counts.allowed += 1
  if (ours.allowed === isAllowed && inOrder(ours.reason) === inOrder(reason)) return
  if (ours.allowed && isAllowed && others.includes(reason)) counts.otherBinding += 1
  else told(seed, `${JSON.stringify(spec)}: ${JSON.stringify([ours.allowed, ours.reason])}`, body)
}

function inOrder(reason: string): string {
  return reason.startsWith('RBAC: [') ? reason.slice(7, -1).split(', ').sort().join(', ') : reason
}

function told(seed: number, ours: string, theirs: unknown): void {
  counts.different += 1
  process.stdout.write(`seed ${seed}: ${ours}, there ${JSON.stringify(theirs)}\n`)
}

function collectionOf(object: RbacObject): string {
  const place = 'namespace' in object ? `/namespaces/${object.namespace}` : ''
  return `${rbacPath}${place}/${plurals[object.kind]}`
}

async function call(
  method: string,
  path: string,
  body?: object,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(`${values.server}${path}`, {
    method,
    headers: { authorization: `Bearer ${values.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json() }
}
