import { formatTimeUs } from '../../src/util/time.ts'
import {
  type AuditItem,
  eventListBody,
  type PlantedKind,
  plantedKinds,
  stringifyAsGo,
} from './bodies.ts'
import { hostileEvent } from './hostile.ts'
import { plantedEvent } from './planted.ts'
import { createRandom, type Random } from './random.ts'
import { listRecordings, readEvents } from './recordings.ts'

export interface GeneratorOptions {
  readonly seed: number
  /** Per body, default 400. */
  readonly events?: number
  /** Events per body that a rule has to find, default 2; their kinds take turns from body to body. */
  readonly plantedPerBody?: number
  /** Share, 0 to 1, of the other events whose content is hostile, though well-formed. */
  readonly hostile?: number
  /** Time of the first body; each later one is 100 ms on. */
  readonly startMs?: number
}

export interface GeneratedBody {
  readonly number: number
  readonly bytes: Buffer
  readonly items: readonly AuditItem[]
}

/**
 * Realistic bodies of Metadata events: recorded events of ordinary life, chosen at random, with audit ids and times of
 * their own. The same seed and number give the same bytes; audit ids are unique across numbers and seeds.
 * Reads the recordings once, when made.
 */
export function createBodyGenerator(options: GeneratorOptions): (number: number) => GeneratedBody {
  const templates = readTemplates()
  return (number) => generateBody(templates, options, number)
}

/** Audit ids by what was planted: what the alerts have to point to. */
export function expectedAlerts(
  bodies: Iterable<{ readonly items: readonly AuditItem[] }>,
): Record<PlantedKind, string[]> {
  const expected: Record<PlantedKind, string[]> = {
    exec: [],
    anonymous: [],
    secretList: [],
    clusterRoleBinding: [],
    tokenRequest: [],
  }
  for (const { items } of bodies) {
    for (const { planted, auditID } of items) {
      if (planted !== undefined) expected[planted].push(auditID)
    }
  }
  return expected
}

/** A recorded event, cut where the audit id and the two times stand. */
interface Template {
  readonly event: Readonly<Record<string, unknown>>
  readonly stage: string
  readonly parts: readonly [string, string, string, string]
}

function generateBody(
  templates: readonly Template[],
  options: GeneratorOptions,
  number: number,
): GeneratedBody {
  const { seed, events = 400, plantedPerBody = 2, hostile = 0 } = options
  const random = createRandom(seed, number)
  const timeAt = createTimes((options.startMs ?? Date.UTC(2026, 0, 1)) + number * 100)
  const plantedAt = choosePlanted(random, events, plantedPerBody, number)
  const items: AuditItem[] = []
  for (let index = 0; index < events; index++) {
    const auditID = randomUuid(random)
    const receivedAt = timeAt(index * 250)
    const stageAt = timeAt(index * 250 + 1_200)
    const planted = plantedAt.get(index)
    if (planted !== undefined) {
      items.push({ ...plantedEvent(planted, auditID, receivedAt, stageAt), planted })
      continue
    }
    const template = templates[Math.floor(random() * templates.length)]!
    if (hostile > 0 && random() < hostile) {
      items.push(hostileEvent(template.event, random.word(), auditID, receivedAt, stageAt))
      continue
    }
    const [a, b, c, d] = template.parts
    items.push({
      auditID,
      stage: template.stage,
      text: a + auditID + b + receivedAt + c + stageAt + d,
    })
  }
  return { number, bytes: eventListBody(items.map((item) => item.text)), items }
}

function choosePlanted(
  random: Random,
  events: number,
  count: number,
  number: number,
): Map<number, PlantedKind> {
  const wanted = Math.min(count, events)
  const chosen = new Set<number>()
  while (chosen.size < wanted) chosen.add(Math.floor(random() * events))
  return new Map(
    [...chosen].map((index, i) => [
      index,
      plantedKinds[(number * count + i) % plantedKinds.length]!,
    ]),
  )
}

/** Microseconds after the start as RFC 3339; the text of the second is made once a second. */
function createTimes(startMs: number): (us: number) => string {
  const wholeSecondUs = Math.floor(startMs / 1000) * 1_000_000
  let second = -1
  let text = ''
  return (us) => {
    const sinceUs = us + startMs * 1000 - wholeSecondUs
    const nextSecond = Math.floor(sinceUs / 1_000_000)
    if (nextSecond !== second) {
      second = nextSecond
      text = formatTimeUs(wholeSecondUs + second * 1_000_000).slice(0, 20)
    }
    return `${text}${String(sinceUs - second * 1_000_000).padStart(6, '0')}Z`
  }
}

function randomUuid(random: Random): string {
  const hex = (word: number) => word.toString(16).padStart(8, '0')
  const [a, b, c, d] = [
    hex(random.word()),
    hex(random.word()),
    hex(random.word()),
    hex(random.word()),
  ]
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-8${c.slice(1, 4)}-${c.slice(4)}${d}`
}

/** What every cluster does all day and no rule should mind, by verb, resource and subresource. */
const ordinary = new Set([
  'create events',
  'patch events',
  'update leases',
  'get leases',
  'get pods',
  'patch pods/status',
  'patch nodes/status',
  'get nodes',
  'update deployments/status',
  'update replicasets/status',
  'update endpointslices',
  'update endpoints',
  'update poddisruptionbudgets/status',
])

function readTemplates(): Template[] {
  const events = listRecordings('benign', '.jsonl').flatMap((name) => readEvents(`benign/${name}`))
  return events.filter(isOrdinary).map((event) => {
    const { kind: _kind, apiVersion: _apiVersion, ...item } = event
    const text = stringifyAsGo({
      ...item,
      auditID: '\u0001',
      requestReceivedTimestamp: '\u0001',
      stageTimestamp: '\u0001',
    })
    const [a = '', b = '', c = '', d = ''] = text.split('\\u0001')
    return { event: item, stage: String(item['stage']), parts: [a, b, c, d] as const }
  })
}

function isOrdinary(event: Readonly<Record<string, unknown>>): boolean {
  // The recordings hold audit events of the documented shape; only these members are looked at.
  const { verb, objectRef, responseStatus } = event as {
    verb?: string
    objectRef?: { resource?: string; subresource?: string }
    responseStatus?: { code?: number }
  }
  if ((responseStatus?.code ?? 0) >= 300 || objectRef === undefined) return false
  const { resource, subresource } = objectRef
  return ordinary.has(`${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`)
}
