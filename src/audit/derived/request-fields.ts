import { parseTimeUs } from '../../util/time.ts'
import { isOversized } from '../oversized.ts'
import { textOf } from '../wire.ts'
import { asksForDryRun, isDryRun } from './dry-run.ts'
import { type DerivedField, presentText } from './field.ts'
import { sessionKindOf, sessionWords } from './session.ts'
import type { EventView } from './view.ts'
import { equalsOne, exists, isAbsentOrOne, isInUri } from './wire-fact.ts'

const proxied = ['nodes', 'pods', 'services']

/** What was asked for. */
export const requestFields: Readonly<Record<string, DerivedField>> = {
  requestPath: {
    type: 'text',
    meaning: 'The path of requestURI, percent-decoded.',
    wherePresent: [[exists('requestURI')]],
    whereOne: ({ kind, value }) =>
      kind === 'equals' || kind === 'startswith' || kind === 'endswith' || kind === 'contains'
        ? [[isInUri(value)]]
        : undefined,
    read: (view) => (view.requestUri === undefined ? undefined : [view.path]),
  },
  'requestQuery.': {
    type: 'text',
    isList: true,
    meaning: 'The decoded values of one query parameter of requestURI.',
    whereNamed: (name) => (/^[\w.~-]+$/.test(name) ? [[isInUri(name)]] : undefined),
    bind: (name) => (view) => view.query.get(name),
  },
  'fieldSelector.': {
    type: 'text',
    isList: true,
    meaning:
      'The value that the field selector asks a field to have: `fieldSelector.metadata.name`. What it excludes by `!=` is left out.',
    wherePresent: [[isInUri('fieldSelector')]],
    bind: (field) => (view) => view.fieldSelector.get(field),
  },
  'labelSelector.': {
    type: 'text',
    isList: true,
    meaning:
      'The values that the label selector asks a label to have, by `=`, `==` or `in`: `labelSelector.app`.',
    wherePresent: [[isInUri('labelSelector')]],
    bind: (label) => (view) => view.labelSelector.get(label),
  },
  proxiedPath: {
    type: 'text',
    meaning:
      'What was asked of a node, pod or service through the API server: the decoded path behind `proxy`, `/` for none, repeated slashes as one.',
    wherePresent: [
      [equalsOne('objectRef.resource', ...proxied), equalsOne('objectRef.subresource', 'proxy')],
    ],
    read: (view) => {
      const isProxied = proxied.includes(view.reference('resource') ?? '')
      return isProxied ? presentText(view.proxiedPath) : undefined
    },
  },
  sessionKind: {
    type: 'text',
    meaning:
      'What kind of session into a pod the request opens: by `exec`, `attach` or `portforward` of the pod, or by the same of the kubelet behind `nodes/proxy`. Refused ones too.',
    values: [
      { value: 'exec', meaning: 'a command', facts: ofSession(['exec']) },
      { value: 'attach', meaning: 'the main process', facts: ofSession(['attach']) },
      { value: 'portForward', meaning: 'a port', facts: ofSession(['portforward']) },
      { value: 'run', meaning: 'a command by `/run` of a kubelet', facts: ofSession([]) },
    ],
    read: (view) => presentText(sessionKindOf(view)),
  },
  isSessionStart: {
    type: 'boolean',
    meaning:
      'Whether a session begins with this event: the stage ResponseStarted of one that was let in. Its end is an event of its own. Code 101 does not prove that it worked: the API server answers before it asks the kubelet.',
    values: [
      {
        value: true,
        meaning: 'begins',
        facts: ofSession(['exec', 'attach', 'portforward']).map((way) => [
          ...way,
          equalsOne('stage', 'ResponseStarted'),
        ]),
      },
      { value: false, meaning: 'any other event' },
    ],
    read: (view) => {
      const isStart =
        view.event.stage === 'ResponseStarted' &&
        (view.code ?? 400) < 400 &&
        sessionKindOf(view) !== undefined
      return [isStart]
    },
  },
  execCommand: {
    type: 'text',
    meaning:
      'The command of an exec or attach into a pod, or of one through a kubelet behind `nodes/proxy`, its words joined by spaces.',
    wherePresent: ofSession(['exec', 'attach']),
    read: (view) => presentText(sessionWords(view)?.join(' ')),
  },
  durationSeconds: {
    type: 'number',
    meaning:
      'From the time that the request came in to the time of this stage: of a session or a watch at ResponseComplete, how long it was open.',
    read: (view) => {
      const receivedUs = parseTimeUs(textOf(view.member('requestReceivedTimestamp')))
      const stageUs = parseTimeUs(textOf(view.member('stageTimestamp')))
      if (receivedUs === undefined || stageUs === undefined) return undefined
      return [(stageUs - receivedUs) / 1_000_000]
    },
  },
  isOversized: {
    type: 'boolean',
    meaning:
      'Whether requestURI has 1,000 characters or more, or userAgent 500: nothing limits the one, and the other is cut at 1,024.',
    values: [
      { value: true, meaning: 'one of the two is longer than any client needs' },
      { value: false, meaning: 'neither is' },
    ],
    read: (view) => [isOversized(view.requestUri, view.userAgent)],
  },
  isCreate: {
    type: 'boolean',
    meaning:
      'Whether an object is made: verb create, or a patch or update answered with 201. Subresources are no objects.',
    values: [
      {
        value: true,
        meaning: 'makes an object, or tries to',
        facts: [
          [equalsOne('verb', 'create'), isAbsentOrOne('objectRef.subresource')],
          [
            equalsOne('verb', 'patch', 'update'),
            isAbsentOrOne('objectRef.subresource'),
            equalsOne('responseStatus.code', '201'),
          ],
        ],
      },
      { value: false, meaning: 'anything else' },
    ],
    read: (view) => [isCreate(view)],
  },
  isDryRun: {
    type: 'boolean',
    meaning:
      'Whether the request surely asked for nothing to be stored. The options of a delete are in its body, which Metadata does not have, and `?dryRun=All` beside a body does not count: at Metadata no delete is a dry run. A token is issued in a dry run too, so that a request for one is none.',
    values: [
      { value: true, meaning: 'nothing is stored', facts: asksForDryRun },
      { value: false, meaning: 'no dry run' },
    ],
    read: (view) => [isDryRun(view)],
  },
  requestId: {
    type: 'text',
    meaning:
      'The same for all stages of one request, and for no other, whatever its auditID. Count these to count requests.',
    read: (view) => [view.event.requestId],
  },
}

/** Sessions by these subresources of pods, or through a kubelet. */
function ofSession(subresources: readonly string[]): NonNullable<DerivedField['wherePresent']> {
  const byKubelet = [
    equalsOne('objectRef.resource', 'nodes'),
    equalsOne('objectRef.subresource', 'proxy'),
  ]
  if (subresources.length === 0) return [byKubelet]
  return [
    [equalsOne('objectRef.resource', 'pods'), equalsOne('objectRef.subresource', ...subresources)],
    byKubelet,
  ]
}

function isCreate(view: EventView): boolean {
  if (!view.isWholeObject) return false
  const verb = view.member('verb')
  return verb === 'create' || ((verb === 'patch' || verb === 'update') && view.code === 201)
}
