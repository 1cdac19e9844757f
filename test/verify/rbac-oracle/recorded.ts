import { readFileSync } from 'node:fs'
import process from 'node:process'
import { gunzipSync } from 'node:zlib'
import { requestOfEvent } from '../../../src/audit/policy/request.ts'
import { createAuthorizer, describeGrant } from '../../../src/rbac/authorize.ts'
import { loadRbac } from '../../../src/rbac/load.ts'
import { ruleAllows } from '../../../src/rbac/rule-allows.ts'

// Puts recorded requests that a binding of every cluster allowed to our authorizer, with those bindings alone, and compares the reasons.
//   /tmp/oracle/rbac-oracle-1.36.3 bootstrap > /tmp/bootstrap.json
//   node test/verify/rbac-oracle/recorded.ts /tmp/bootstrap.json EVENTS.jsonl[.gz]…
const [manifests = '', ...files] = process.argv.slice(2)
const { objects, problems } = loadRbac([{ path: manifests, text: readFileSync(manifests, 'utf8') }])
const authorizer = createAuthorizer(objects)
const own = new Set([
  ...objects.clusterRoleBindings.map(({ name }) => `ClusterRoleBinding "${name}"`),
  ...objects.roleBindings.map(({ name, namespace }) => `RoleBinding "${name}/${namespace}"`),
])
const counts = { same: 0, another: 0, different: 0 }
for (const file of files) {
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  for (const line of text.trim().split('\n')) {
    const event = JSON.parse(line)
    const reason = String(event.annotations?.['authorization.k8s.io/reason'] ?? '')
    const binding = /^RBAC: allowed by (\w+ "[^"]+")/.exec(reason)?.[1]
    if (binding === undefined || !own.has(binding)) continue
    const { username, groups = [] } = event.impersonatedUser ?? event.user
    const request = requestOfEvent(event)
    const access = authorizer.forUser({ name: username, groups })
    const first = access.authorize(request)
    // The API server has no order among bindings: any of those that allow the request may be named.
    const others = access
      .grants(request.namespace)
      .filter((grant) => 'rules' in grant && grant.rules.some((rule) => ruleAllows(rule, request)))
      .map((grant) => `RBAC: allowed by ${describeGrant(grant)}`)
    if (first.reason === reason) counts.same += 1
    else if (first.allowed && others.includes(reason)) counts.another += 1
    else {
      counts.different += 1
      process.stdout.write(`${line.slice(0, 300)}\n  ${first.reason}\n  ${reason}\n`)
    }
  }
}
const { same, another, different } = counts
process.stdout.write(
  `${problems.length} problems; ${same} reasons the same, ${another} name another binding that allows it too, ${different} different\n`,
)
process.exitCode = different === 0 ? 0 : 1
