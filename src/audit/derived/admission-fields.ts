import { annotationFamilies } from '../annotation-families.ts'
import { type DerivedField, presentText, presentValues } from './field.ts'
import { durationMs } from './go-duration.ts'
import { podSecurityViolationOf } from './pod-security.ts'
import { podResources } from './pod-spec.ts'
import type { EventView } from './view.ts'
import { equalsOne, exists } from './wire-fact.ts'

const latencyPrefix = 'apiserver.latency.k8s.io/'
const violations = 'pod-security.kubernetes.io/audit-violations'

/** Annotations that begin with the first name webhooks that could not be asked, and let the request pass. */
const [webhookFailedOpen, imagePolicyFailedOpen] = annotationFamilies.failedOpen

const podKind = equalsOne('objectRef.resource', ...podResources)
const violating = [
  [podKind, exists(`annotations.${violations}`)],
  [podKind, equalsOne('responseStatus.code', '403')],
]

/** Admission is for writes, and for what is opened into a pod, node or service (`CONNECT`), whatever its verb. */
const writes = ['create', 'update', 'patch', 'delete', 'deletecollection']
const connects = ['exec', 'attach', 'portforward', 'proxy']
const admitted = [[equalsOne('verb', ...writes)], [equalsOne('objectRef.subresource', ...connects)]]

/** What admission noted, and how long it all took. */
export const admissionFields: Readonly<Record<string, DerivedField>> = {
  podSecurityViolations: {
    type: 'text',
    isList: true,
    meaning:
      'The checks of Pod Security that a pod or template does not pass, by their names (`privileged`, `host namespaces`, `hostPath volumes`): from the annotation `pod-security.kubernetes.io/audit-violations`, or from the message of a refusal.',
    wherePresent: violating,
    read: (view) => presentValues(violationOf(view)?.checks ?? []),
  },
  podSecurityLevel: {
    type: 'text',
    meaning: 'The level of Pod Security that is violated: `baseline`, `restricted`.',
    wherePresent: violating,
    read: (view) => presentText(violationOf(view)?.level),
  },
  failedOpenWebhooks: {
    type: 'text',
    isList: true,
    meaning:
      'The admission webhooks that could not be asked, so that the request passed without them; `ImagePolicyWebhook` of the image policy.',
    wherePresent: admitted,
    annotationFamily: 'failedOpen',
    read: (view) => presentValues(failedOpenOf(view)),
  },
  weakCertificateHosts: {
    type: 'text',
    isList: true,
    meaning:
      'The hosts of webhooks and aggregated APIs that the API server called although their certificate has no subject alternative name, or is signed with SHA-1.',
    annotationFamily: 'weakCertificate',
    read: (view) => presentValues(weakHostsOf(view)),
  },
  'latencyMs.': {
    type: 'number',
    meaning:
      'A latency in milliseconds that the API server noted, which it does when a request took over 500 ms: `total`, `etcd`, `mutating-webhook`, `validating-webhook`, `apf-queue-wait`, `authentication`, `authorization` …',
    bind: (name) => {
      const key = latencyPrefix + name
      return (view) => {
        const ms = durationMs(view.annotation(key))
        return ms === undefined ? undefined : [ms]
      }
    },
  },
}

function violationOf(view: EventView): ReturnType<typeof podSecurityViolationOf> {
  if (!podResources.includes(view.reference('resource') ?? '')) return undefined
  return podSecurityViolationOf(
    view.annotation(violations) || (view.code === 403 ? view.message : ''),
  )
}

function failedOpenOf(view: EventView): readonly string[] {
  const annotations = view.member('annotations')
  if (typeof annotations !== 'object' || annotations === null || !isAdmitted(view)) return []
  return Object.entries(annotations).flatMap(([key, value]) => {
    if (typeof value !== 'string') return []
    if (key.startsWith(webhookFailedOpen)) return [value]
    return key === imagePolicyFailedOpen ? ['ImagePolicyWebhook'] : []
  })
}

function weakHostsOf(view: EventView): readonly string[] {
  const annotations = view.member('annotations')
  if (typeof annotations !== 'object' || annotations === null) return []
  return Object.keys(annotations)
    .filter((key) => annotationFamilies.weakCertificate.some((prefix) => key.startsWith(prefix)))
    .map((key) => key.slice(key.indexOf('/') + 1))
}

function isAdmitted(view: EventView): boolean {
  const verb = view.member('verb')
  const isWrite = typeof verb === 'string' && writes.includes(verb)
  return isWrite || connects.includes(view.reference('subresource') ?? '')
}
