import { listRecordings, readRecording } from '../support/recordings.ts'

/** Audit logs as an API server writes them: one event a line. */
export interface LinesWorkload {
  readonly name: string
  readonly bytes: Buffer
  readonly lines: readonly string[]
}

/** Ordinary life on several days, then the attacks, all at Metadata level. */
export function metadataLines(): LinesWorkload {
  const attacks = namesIn('attacks').filter((name) => !isWithBodies(name))
  return workloadOf('Metadata', [...repeated(namesIn('benign'), 3), ...texts(attacks)])
}

/** Every recording there is, those with bodies of requests and responses too. */
export function allLines(): LinesWorkload {
  const others = [...namesIn('attacks'), ...namesIn('special')]
  return workloadOf('all recordings', [...repeated(namesIn('benign'), 3), ...texts(others)])
}

function namesIn(folder: string): string[] {
  return listRecordings(folder, '.jsonl').map((name) => `${folder}/${name}`)
}

function isWithBodies(name: string): boolean {
  return name.endsWith('.rr.jsonl')
}

function texts(names: readonly string[]): string[] {
  const read = names.map((name) => readRecording(name).toString('utf8'))
  return read.toSorted((a, b) => firstTime(a).localeCompare(firstTime(b)))
}

function firstTime(text: string): string {
  return /"stageTimestamp":"([^"]*)"/.exec(text)?.[1] ?? ''
}

const dayMs = 86_400_000
const times = /"(requestReceivedTimestamp|stageTimestamp)":"(\d{4}-\d\d-\d\d)T/g
const auditIds = /"auditID":"[0-9a-f]{4}/g

/** The recordings again for each day before, with times and audit ids of their own. */
function repeated(names: readonly string[], days: number): string[] {
  const originals = texts(names)
  return Array.from({ length: days }, (_, number) => days - 1 - number).flatMap((daysBefore) =>
    originals.map((text) => onOtherDays(text, daysBefore)),
  )
}

/** The same, so many days before, and with audit ids of their own. */
export function onOtherDays(text: string, daysBefore: number): string {
  if (daysBefore === 0) return text
  return text
    .replace(times, (_, key, day) => `"${key}":"${dayBefore(day, daysBefore)}T`)
    .replace(auditIds, `"auditID":"${daysBefore.toString(16).padStart(4, '0')}`)
}

function dayBefore(day: string, days: number): string {
  return new Date(Date.parse(day) - days * dayMs).toISOString().slice(0, 10)
}

function workloadOf(name: string, parts: readonly string[]): LinesWorkload {
  const text = parts.join('')
  return { name, bytes: Buffer.from(text), lines: text.trimEnd().split('\n') }
}
