import type { Alert, Level, RejectedItem } from '../contracts.ts'
import { levels } from '../sigma/levels.ts'
import { counted } from '../util/counted.ts'
import { type CliContext, write } from './context.ts'
import { type OutputFormat, writeRecord } from './output.ts'
import { clean, tableText } from './table-text.ts'

/** Rows of the timeline, and rejected items that are listed; beyond them they are counted. */
const maxTimeline = 200
const maxListedRejects = 20

export interface ScanReport {
  events(count: number, otherRecords: number): void
  rejected(file: string, item: RejectedItem): Promise<void>
  /** A file without any event. */
  empty(file: string): Promise<void>
  alert(alert: Alert): Promise<void>
  end(): Promise<void>
  isAtOrAbove(level: Level): boolean
}

interface RuleRow {
  readonly level: Level
  readonly title: string
  alerts: number
  requests: number
  firstSeen: string
  lastSeen: string
  readonly actors: Set<string>
}

/** Alerts as they come, or at the end a summary by rule and a timeline of the gravest alerts. */
export function createScanReport(format: OutputFormat, context: CliContext): ScanReport {
  const rows = new Map<string, RuleRow>()
  const timeline = createTimeline()
  const counts = { events: 0, alerts: 0, rejected: 0, otherRecords: 0 }
  return {
    events: (count, otherRecords) => {
      counts.events += count
      counts.otherRecords += otherRecords
    },
    rejected: async (file, item) => {
      counts.rejected += 1
      if (counts.rejected > maxListedRejects) return
      await write(context.stderr, rejectedLine(file, item))
    },
    empty: (file) => write(context.stderr, `no audit events in ${file}\n`),
    alert: async (alert) => {
      counts.alerts += 1
      addToRows(rows, alert)
      if (format !== 'table') return writeRecord(format, alert, context)
      timeline.add(alert)
    },
    end: async () => {
      if (format === 'table')
        await write(context.stdout, tables(rows, timeline.rows(), counts.alerts))
      const rejected =
        counts.rejected === 0 ? '' : `, ${counted(counts.rejected, 'item')} could not be decoded`
      const passedOver =
        counts.otherRecords === 0
          ? ''
          : `, ${counted(counts.otherRecords, 'record')} of other logs passed over`
      await write(
        context.stderr,
        `${counted(counts.events, 'event')}, ${counted(counts.alerts, 'alert')} of ${counted(rows.size, 'rule')}${rejected}${passedOver}\n`,
      )
    },
    isAtOrAbove: (level) =>
      [...rows.values()].some((row) => levels.indexOf(row.level) >= levels.indexOf(level)),
  }
}

/** Where an item stands that was passed over, and why. */
export function rejectedLine(
  file: string,
  item: Pick<RejectedItem, 'offset' | 'bytes' | 'reason' | 'message'>,
): string {
  return `${file}: offset ${item.offset}, ${item.bytes} bytes: ${item.reason}: ${clean(item.message)}\n`
}

function addToRows(rows: Map<string, RuleRow>, alert: Alert): void {
  const row = rows.get(alert.rule.id)
  if (row === undefined) {
    const { level, title } = alert.rule
    rows.set(alert.rule.id, {
      level,
      title,
      alerts: 1,
      requests: alert.count,
      firstSeen: alert.firstSeen,
      lastSeen: alert.lastSeen,
      actors: new Set([alert.actor]),
    })
    return
  }
  row.alerts += 1
  row.requests += alert.count
  if (alert.firstSeen < row.firstSeen) row.firstSeen = alert.firstSeen
  if (alert.lastSeen > row.lastSeen) row.lastSeen = alert.lastSeen
  if (row.actors.size < 100) row.actors.add(alert.actor)
}

/** Keeps the gravest alerts, the earliest first among equals, and gives them in order of time. */
function createTimeline(): { add(alert: Alert): void; rows(): Alert[] } {
  let kept: Alert[] = []
  const trim = (): void => {
    kept = kept
      .toSorted(
        (a, b) =>
          levels.indexOf(b.rule.level) - levels.indexOf(a.rule.level) ||
          a.firstSeen.localeCompare(b.firstSeen),
      )
      .slice(0, maxTimeline)
  }
  return {
    add: (alert) => {
      kept.push(alert)
      if (kept.length > maxTimeline * 4) trim()
    },
    rows: () => {
      trim()
      return kept.toSorted((a, b) => a.firstSeen.localeCompare(b.firstSeen))
    },
  }
}

function tables(
  rows: ReadonlyMap<string, RuleRow>,
  timeline: readonly Alert[],
  alerts: number,
): string {
  if (alerts === 0) return 'No alerts.\n'
  const byLevel = [...rows.values()].toSorted(
    (a, b) => levels.indexOf(b.level) - levels.indexOf(a.level) || b.alerts - a.alerts,
  )
  const summary = tableText(
    ['LEVEL', 'ALERTS', 'COUNT', 'RULE', 'FIRST', 'LAST', 'ACTORS'],
    byLevel.map((row) => [
      row.level,
      String(row.alerts),
      String(row.requests),
      row.title,
      shortTime(row.firstSeen),
      shortTime(row.lastSeen),
      actorsText(row.actors),
    ]),
  )
  const lines = tableText(
    ['TIME', 'LEVEL', 'FROM', 'WHAT'],
    timeline.map((alert) => [
      shortTime(alert.firstSeen),
      alert.rule.level,
      alert.peerIp,
      alert.summary,
    ]),
  )
  const more =
    alerts > timeline.length
      ? `(the ${timeline.length} gravest of ${alerts} alerts; --output json or yaml gives all)\n`
      : ''
  return `${summary}\n${lines}${more}`
}

function shortTime(time: string): string {
  return `${time.slice(0, 19).replace('T', ' ')}Z`
}

function actorsText(actors: ReadonlySet<string>): string {
  const [first = '', second] = actors
  const name = first === '' ? 'unauthenticated' : first
  if (second === undefined) return name
  return actors.size === 2
    ? `${name}, ${second}`
    : `${name} and ${actors.size >= 100 ? '99+' : actors.size - 1} others`
}
