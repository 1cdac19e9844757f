import type { Comparison } from '../contracts.ts'

/**
 * A statement about one event that a scan decides from the bytes: that some value of the field passes one of the
 * comparisons, case ignored. Fields are named as in rules.
 */
export interface KnownPredicate {
  readonly field: string
  readonly kind: Comparison['kind']
  /** Folded. None for `exists`. */
  readonly values: readonly string[]
}

/**
 * What the columns `certainlyTrue` and `certainlyFalse` speak of, a bit each by the place here; at most 32. Stored batches
 * hold the bits: append only. Chosen so that rules about who a client is and where it is need not decode every event.
 */
export const knownPredicates: readonly KnownPredicate[] = [
  prefix('user.username', 'system:'),
  prefix('user.username', 'system:serviceaccount:'),
  prefix('user.username', 'system:serviceaccount:kube-system:'),
  prefix('user.username', 'system:node:'),
  prefix('user.username', 'system:bootstrap:'),
  prefix('user.username', 'system:kube-'),
  prefix('userAgent', 'kubelet/'),
  prefix('userAgent', 'kube-apiserver/'),
  prefix('userAgent', 'kube-controller-manager/'),
  prefix('userAgent', 'kube-scheduler/'),
  prefix('userAgent', 'kube-proxy/'),
  prefix('userAgent', 'kubectl/'),
  prefix('userAgent', 'mozilla/'),
  prefix('userAgent', 'helm/'),
  prefix('userAgent', 'k9s/', 'go-http-client/', 'okhttp/'),
  prefix(
    'userAgent',
    'curl/',
    'wget/',
    'httpie/',
    'powershell',
    'python-requests/',
    'python-urllib/',
  ),
  network('10.0.0.0/8'),
  network('172.16.0.0/12'),
  network('192.168.0.0/16'),
  network('100.64.0.0/10'),
  network('127.0.0.0/8'),
  network('169.254.0.0/16'),
  network('::1/128'),
  { field: 'claimedIps', kind: 'exists', values: [] },
  { field: 'auditID', kind: 'wildcard', values: ['????????-????-4???-????-????????????'] },
  {
    field: 'user.extra.authentication.kubernetes.io/pod-name',
    kind: 'exists',
    values: [],
  },
  { field: 'user.groups', kind: 'equals', values: ['system:masters'] },
  {
    field: 'annotations.authorization.k8s.io/reason',
    kind: 'endswith',
    values: ['to group "system:authenticated"', 'to group "system:serviceaccounts"'],
  },
  // Never certainly true: what is stored may be shorter than what came.
  { field: 'isOversized', kind: 'equals', values: ['true'] },
  { field: 'requestObject', kind: 'exists', values: [] },
  { field: 'responseObject', kind: 'exists', values: [] },
  { field: 'user.groups', kind: 'equals', values: ['system:nodes'] },
]

/** The bit of every predicate. */
export const everyPredicate = bitsWhere(() => true)

/** The bits of the predicates on one field. */
export function predicatesOn(field: string): number {
  return bitsWhere((known) => known.field === field)
}

/** The bits of the predicates on what is in an object. */
export function predicatesUnder(parent: string): number {
  return bitsWhere(({ field }) => field.startsWith(`${parent}.`))
}

function bitsWhere(passes: (known: KnownPredicate) => boolean): number {
  return knownPredicates.reduce((bits, known, i) => (passes(known) ? bits | (1 << i) : bits), 0)
}

/** The values of the predicates on one field, each with its predicate's bit. */
export function valuesOn(
  field: string,
): readonly { readonly value: string; readonly bit: number }[] {
  return knownPredicates.flatMap((known, i) =>
    known.field === field ? known.values.map((value) => ({ value, bit: 1 << i })) : [],
  )
}

function prefix(field: string, ...values: readonly string[]): KnownPredicate {
  return { field, kind: 'startswith', values }
}

function network(value: string): KnownPredicate {
  return { field: 'peerIp', kind: 'cidr', values: [value] }
}
