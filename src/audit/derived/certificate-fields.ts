import {
  type CertificateRequest,
  readCertificateRequest,
} from '../certificates/certificate-request.ts'
import { at, isWireObject, textOf, type WireObject } from '../wire.ts'
import { objectsOf } from './effective-object.ts'
import { type DerivedField, type FieldValue, presentText, presentValues } from './field.ts'
import type { EventView } from './view.ts'
import { equalsOne } from './wire-fact.ts'

const group = 'certificates.k8s.io'
const resource = 'certificatesigningrequests'
const ofRequest = {
  auditLevel: 'Request',
  wherePresent: [
    [
      equalsOne('verb', 'create', 'update', 'patch'),
      equalsOne('objectRef.apiGroup', group),
      equalsOne('objectRef.resource', resource),
    ],
  ],
} as const

const readings: readonly FieldValue[] = [
  { value: 'whole', meaning: 'all of its names are in the other fields' },
  { value: 'cut', meaning: 'it has more than 64 names of a kind, or one over 256 characters' },
  {
    value: 'unread',
    meaning: 'it is not one block of PEM with a request of PKCS#10, or over 32 KiB',
  },
]

/** Whose certificate a CertificateSigningRequest asks for. Of an approval too: the request is part of its body. */
export const certificateFields: Readonly<Record<string, DerivedField>> = {
  csrCommonName: {
    ...ofRequest,
    type: 'text',
    meaning:
      'The common name that a CertificateSigningRequest asks for: as client certificate, the name of a user. Subject and names stay when redaction takes the request out.',
    read: (view) => presentText(namesIn(view)?.commonName),
  },
  csrOrganizations: names('organizations', 'The organizations: as client certificate, the groups.'),
  csrDnsNames: names('dnsNames', 'The DNS names that it asks for.'),
  csrIpAddresses: names('ipAddresses', 'The addresses that it asks for.'),
  csrUris: names('uris', 'The URIs that it asks for.'),
  csrKeyAlgorithm: {
    ...ofRequest,
    type: 'text',
    meaning: 'The kind of key: `RSA 2048`, `ECDSA P-256`, `Ed25519`.',
    read: (view) => presentText(namesIn(view)?.keyAlgorithm),
  },
  csrReading: {
    ...ofRequest,
    type: 'text',
    meaning: 'How much of the request could be read, where there is one.',
    values: readings,
    read: (view) => presentText(readingOf(view)),
  },
  csrSigner: {
    ...ofRequest,
    type: 'text',
    meaning: 'Who shall sign: `kubernetes.io/kube-apiserver-client`.',
    read: (view) => presentText(textOf(at(specOf(view), 'signerName'))),
  },
  csrRequester: {
    ...ofRequest,
    type: 'text',
    meaning:
      'Who made the CertificateSigningRequest, as the API server noted it: in answers, and in the body of an approval.',
    read: (view) => presentText(textOf(at(specOf(view), 'username'))),
  },
  csrConditions: {
    ...ofRequest,
    type: 'text',
    isList: true,
    meaning: 'The conditions that it has with this change: `Approved`, `Denied`, `Failed`.',
    read: (view) =>
      presentValues(
        objectsOf(at(at(requestIn(view), 'status'), 'conditions')).map((condition) =>
          textOf(at(condition, 'type')),
        ),
      ),
  },
}

function names(
  key: 'organizations' | 'dnsNames' | 'ipAddresses' | 'uris',
  meaning: string,
): DerivedField {
  return {
    ...ofRequest,
    type: 'text',
    isList: true,
    meaning,
    read: (view) => presentValues(namesIn(view)?.[key] ?? []),
  }
}

function requestIn(view: EventView): WireObject | undefined {
  return view.reference('apiGroup') === group && view.reference('resource') === resource
    ? view.effectiveObject?.object
    : undefined
}

function specOf(view: EventView): unknown {
  return at(requestIn(view), 'spec')
}

/** Redaction leaves an object with the names; of events that were not redacted the request itself is read. */
function namesIn(view: EventView): CertificateRequest | undefined {
  const request = at(specOf(view), 'request')
  if (typeof request === 'string') return readCertificateRequest(request)
  if (!isWireObject(request)) return undefined
  const text = (key: string): object => {
    const value = at(request, key)
    return typeof value === 'string' ? { [key]: value } : {}
  }
  const list = (key: string): object => {
    const values = at(request, key)
    if (!Array.isArray(values)) return {}
    return { [key]: values.filter((value) => typeof value === 'string') }
  }
  return {
    ...text('commonName'),
    ...text('keyAlgorithm'),
    ...list('organizations'),
    ...list('dnsNames'),
    ...list('ipAddresses'),
    ...list('uris'),
    ...(at(request, 'isCut') === true ? { isCut: true } : {}),
  }
}

function readingOf(view: EventView): string | undefined {
  const request = at(specOf(view), 'request')
  if (request === undefined || request === null || request === '') return undefined
  const read = namesIn(view)
  if (read === undefined) return 'unread'
  return read.isCut === true ? 'cut' : 'whole'
}
