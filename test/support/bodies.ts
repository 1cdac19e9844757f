import { createRandom } from './random.ts'
import { type RecordedBody, readWebhookBodies } from './recordings.ts'

/** One event as it stands in a body, and who it is. */
export interface AuditItem {
  readonly auditID: string
  readonly stage: string
  /** Its JSON, without `kind` and `apiVersion`. */
  readonly text: string
  /** Set when a rule has to find it. */
  readonly planted?: PlantedKind
}

/** What the generator plants: one event each that a rule has to find, each by an actor of its own on a target of its own. */
export const plantedKinds = [
  'exec',
  'anonymous',
  'secretList',
  'clusterRoleBinding',
  'tokenRequest',
] as const
export type PlantedKind = (typeof plantedKinds)[number]

const head = '{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":['
const tail = ']}\n'

/** A body as the webhook backend writes it, from the JSON of its items. */
export function eventListBody(items: readonly string[]): Buffer {
  return Buffer.from(`${head}${items.join(',')}${tail}`)
}

/** JSON as Go's encoder writes it: as JSON.stringify does, but with `<`, `>`, `&` and the two line separators escaped. */
export function stringifyAsGo(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** A recorded event as an item of a body: without `kind` and `apiVersion`, byte for byte as the webhook sends it. */
export function itemOf(event: Readonly<Record<string, unknown>>): AuditItem {
  const { kind: _kind, apiVersion: _apiVersion, ...item } = event
  return {
    auditID: String(item['auditID']),
    stage: String(item['stage']),
    text: stringifyAsGo(item),
  }
}

/** The identities in a recorded body, in its order. */
export function itemsOf(body: Uint8Array): AuditItem[] {
  const list = JSON.parse(Buffer.from(body).toString('utf8')) as {
    items: Record<string, unknown>[] // every recorded body is an EventList
  }
  return list.items.map(itemOf)
}

export type RecordedKind = 'metadata' | 'requestResponse' | 'largest' | 'blocking'

/** A recorded body: 400 events at Metadata (440 KB) or RequestResponse (710 KB), the largest (9.9 MB, 340 events), or one event of blocking mode. */
export function recordedBody(kind: RecordedKind): RecordedBody {
  const name = {
    metadata: 'b-r1-00031.json',
    requestResponse: 'c-c-00001.json',
    largest: 'c-c2-00005.json',
    blocking: 'a-a-01713.json',
  }[kind]
  return readWebhookBodies().find((body) => body.name === name)!
}

/** Items that cannot be taken, none of which changes where its neighbours begin and end, except `unclosed`. */
export const poisons = {
  notAnObject: Buffer.from('42'),
  isNull: Buffer.from('null'),
  wrongTypes: Buffer.from('{"auditID":{"a":1},"stage":7,"verb":["get"],"user":"alice"}'),
  badEscape: Buffer.from('{"auditID":"\\x41","stage":"ResponseComplete","verb":"get"}'),
  badUtf8: Buffer.from([...Buffer.from('{"auditID":"'), 0xff, 0xc0, ...Buffer.from('"}')]),
  badNumber: Buffer.from('{"auditID":"n","stage":"ResponseComplete","responseStatus":{"code":01}}'),
  trailingComma: Buffer.from('{"auditID":"t","stage":"ResponseComplete",}'),
  deep: Buffer.from(`{"auditID":"d","requestObject":${'['.repeat(50_000)}${']'.repeat(50_000)}}`),
  unclosed: Buffer.from('{"auditID":"u","stage":"ResponseComplete","user":{"username":"alice"'),
} as const satisfies Record<string, Buffer>
export type PoisonKind = keyof typeof poisons

/** A body of the items with one that cannot be taken put before item number `at` (from 0; the count of items = last). */
export function poisonedBody(items: readonly string[], at: number, poison: PoisonKind): Buffer {
  const parts: Buffer[] = items.map((item) => Buffer.from(item))
  parts.splice(at, 0, poisons[poison])
  const separated = parts.flatMap((part, index) =>
    index === 0 ? [part] : [Buffer.from(','), part],
  )
  return Buffer.concat([Buffer.from(head), ...separated, Buffer.from(tail)])
}

export interface HugeBodyOptions {
  readonly seed: number
  /** Default 40 MB: 400 events of 100 KiB, what truncation lets through at most. */
  readonly events?: number
  readonly eventBytes?: number
}

/** A body of large RequestResponse events: reads of ConfigMaps. */
export function hugeBody(options: HugeBodyOptions): { bytes: Buffer; items: AuditItem[] } {
  const { seed, events = 400, eventBytes = 102_400 } = options
  const random = createRandom(seed)
  const filler = Array.from({ length: Math.ceil((eventBytes * 2) / 9) }, () =>
    random.word().toString(16).padStart(8, '0'),
  ).join(' ')
  const items = Array.from({ length: events }, (_, index) => {
    const auditID = `huge-${seed}-${index}`
    const bare = configMapRead(auditID, '')
    const from = Math.floor(random() * eventBytes)
    const text = configMapRead(auditID, filler.slice(from, from + eventBytes - bare.length))
    return { auditID, stage: 'ResponseComplete', text }
  })
  return { bytes: eventListBody(items.map((item) => item.text)), items }
}

function configMapRead(auditID: string, content: string): string {
  return stringifyAsGo({
    level: 'RequestResponse',
    auditID,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/shop/configmaps/catalog',
    verb: 'get',
    user: { username: 'alice@example.com', groups: ['system:authenticated'] },
    sourceIPs: ['192.0.2.7'],
    userAgent: 'kubectl/v1.36.3 (linux/amd64) kubernetes/36a1d5c',
    objectRef: { resource: 'configmaps', namespace: 'shop', name: 'catalog', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 200 },
    responseObject: { kind: 'ConfigMap', apiVersion: 'v1', data: { content } },
    requestReceivedTimestamp: '2026-01-01T00:00:00.000000Z',
    stageTimestamp: '2026-01-01T00:00:00.001000Z',
    annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
  })
}
