import { asksForDryRun, isDryRun } from './dry-run.ts'
import type { FieldValue } from './field.ts'
import type { EventView } from './view.ts'
import { equalsOne, isAbsentOrOne, isNot, type WireFacts } from './wire-fact.ts'

export type Outcome =
  | 'allowed'
  | 'dryRun'
  | 'closedEarly'
  | 'unauthenticated'
  | 'impersonationRefused'
  | 'throttled'
  | 'forbidden'
  | 'escalationRefused'
  | 'podSecurityRefused'
  | 'policyRefused'
  | 'quotaRefused'
  | 'nodeRefused'
  | 'namespaceTerminating'
  | 'admissionRefused'
  | 'notFound'
  | 'conflict'
  | 'timedOut'
  | 'failed'
  | 'panicked'

const rbacResources = ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings']
const decided = isNot(equalsOne('stage', 'RequestReceived'))

/** The outcomes, and what the wire shows of each. */
export const outcomes: readonly (FieldValue & { readonly value: Outcome })[] = [
  {
    value: 'allowed',
    meaning:
      'a code below 400. A session or a watch was let in, which does not prove that it worked',
    facts: [[decided]],
  },
  {
    value: 'dryRun',
    meaning: 'allowed, but nothing was to be stored',
    facts: asksForDryRun.map((facts) => [decided, ...facts]),
  },
  {
    value: 'closedEarly',
    meaning: 'the connection ended before there was an answer; the code 200 says nothing',
    facts: withCodes(200),
  },
  {
    value: 'unauthenticated',
    meaning: 'failed authentication: 401 without a user, which has the stage ResponseStarted only',
    facts: [
      [
        equalsOne('stage', 'ResponseStarted'),
        equalsOne('responseStatus.code', '401'),
        isAbsentOrOne('user.username'),
      ],
    ],
  },
  {
    value: 'impersonationRefused',
    meaning: 'the actor may not impersonate whom it wanted to',
    facts: withCodes(403),
  },
  {
    value: 'throttled',
    meaning: 'refused by priority and fairness, before authorization',
    facts: withCodes(429),
  },
  { value: 'forbidden', meaning: 'refused by the authorizer: RBAC, node', facts: withCodes(403) },
  {
    value: 'escalationRefused',
    meaning: 'the RBAC guard: nobody grants what they do not hold',
    facts: refusedOf(rbacResources),
  },
  {
    value: 'podSecurityRefused',
    meaning: 'Pod Security admission, at the level that the namespace enforces',
    facts: refusedOf(['pods']),
  },
  { value: 'policyRefused', meaning: 'a ValidatingAdmissionPolicy', facts: [[decided]] },
  { value: 'quotaRefused', meaning: 'a resource quota', facts: withCodes(403) },
  {
    value: 'nodeRefused',
    meaning: 'a node tried what the NodeRestriction admission does not let nodes do',
    facts: withCodes(403),
  },
  {
    value: 'namespaceTerminating',
    meaning: 'the namespace is being deleted: ordinary when controllers are slow',
    facts: withCodes(403),
  },
  {
    value: 'admissionRefused',
    meaning: 'an admission webhook, or 403 of any other admission plugin',
    facts: [[decided]],
  },
  { value: 'notFound', meaning: '404', facts: withCodes(404) },
  {
    value: 'conflict',
    meaning: '409: exists already, or was changed meanwhile',
    facts: withCodes(409),
  },
  { value: 'timedOut', meaning: '408 or 504', facts: withCodes(408, 504) },
  {
    value: 'failed',
    meaning: 'any other code from 400 on, and refusals by a server behind a proxy',
    facts: [[decided]],
  },
  {
    value: 'panicked',
    meaning: 'the API server failed inside',
    facts: [[equalsOne('stage', 'Panic')]],
  },
]

function refusedOf(resources: readonly string[]): WireFacts {
  return withCodes(403).map((facts) => [...facts, equalsOne('objectRef.resource', ...resources)])
}

function withCodes(...codes: readonly number[]): WireFacts {
  return [[decided, equalsOne('responseStatus.code', ...codes.map(String))]]
}

/** What came of a request; undefined before that is known. */
export function outcomeOf(view: EventView): Outcome | undefined {
  const { stage } = view.event
  if (stage === '' && (view.member('stage') ?? '') !== '') return undefined
  const { code } = view
  if (stage === 'Panic') return 'panicked'
  if (/^requestreceived$/i.test(stage) || code === undefined) return undefined
  if (code >= 400) return failureOf(view, code)
  if (code === 200 && view.message === 'Connection closed early') return 'closedEarly'
  return isDryRun(view) ? 'dryRun' : 'allowed'
}

function failureOf(view: EventView, code: number): Outcome {
  const decision = view.annotation('authorization.k8s.io/decision')
  if (code === 401 && !view.hasUser && view.event.stage === 'ResponseStarted')
    return 'unauthenticated'
  if (decision === '' && code === 429) return 'throttled'
  if (decision === '' && code === 403)
    return view.message.includes('cannot impersonate') ? 'impersonationRefused' : 'forbidden'
  if (decision === 'forbid' && code === 403) return 'forbidden'
  return refusalOf(view, code) ?? failureByCode.get(code) ?? 'failed'
}

const failureByCode: ReadonlyMap<number, Outcome> = new Map([
  [404, 'notFound'],
  [408, 'timedOut'],
  [409, 'conflict'],
  [504, 'timedOut'],
])

interface Refusal {
  readonly outcome: Outcome
  /** What an admission plugin writes behind the name of the object, which is quoted: no quote in a name can end it. */
  readonly reason: RegExp
  /** It refuses nothing else. */
  readonly resources?: readonly string[]
}

const refusals: readonly Refusal[] = [
  { outcome: 'podSecurityRefused', reason: /^violates PodSecurity /, resources: ['pods'] },
  {
    outcome: 'policyRefused',
    reason: /^ValidatingAdmissionPolicy '[^']*' with binding '[^']*' denied request/,
  },
  { outcome: 'quotaRefused', reason: /^(?:exceeded|failed) quota: / },
  {
    outcome: 'namespaceTerminating',
    reason: /^unable to create new content in namespace \S+ because it is being terminated/,
  },
  {
    outcome: 'escalationRefused',
    reason: /is attempting to grant RBAC permissions not currently held/,
    resources: rbacResources,
  },
]

/** Who refused a request that was authorized; undefined when it failed otherwise. */
function refusalOf(view: EventView, code: number): Outcome | undefined {
  const message = view.message
  if (/^admission webhook "[^"]*" denied the request/.test(message)) return 'admissionRefused'
  // What a server behind a proxy says is its own affair.
  if (view.reference('subresource') === 'proxy') return undefined
  const text = reasonIn(message) ?? ''
  const resource = view.reference('resource') ?? ''
  const known = refusals.find(
    ({ reason, resources }) => reason.test(text) && resources?.includes(resource) !== false,
  )?.outcome
  if (known !== undefined && (code === 403 || known === 'policyRefused')) return known
  if (code !== 403) return undefined
  return view.event.effectiveUser.startsWith('system:node:') ? 'nodeRefused' : 'admissionRefused'
}

const forbidden = ' is forbidden: '

/** What stands behind `pods "x" is forbidden: `, or without a name `pods is forbidden: `. */
function reasonIn(message: string): string | undefined {
  const quote = message.indexOf('"')
  const plain = message.indexOf(forbidden)
  if (plain < 0) return undefined
  if (quote < 0 || plain < quote) return message.slice(plain + forbidden.length)
  const end = quotedEnd(message, quote)
  return message.startsWith(forbidden, end) ? message.slice(end + forbidden.length) : undefined
}

/** The first character behind the closing quote of the text that opens at `start`, as Go's `%q` writes it. */
function quotedEnd(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '"') return i + 1
  }
  return text.length
}
