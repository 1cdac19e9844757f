import type { Alert, Level } from '../../contracts.ts'
import { alertLine } from '../alert-json.ts'
import { cleanText } from '../clean-text.ts'
import { targetText } from '../facts.ts'

/** RFC 5424, table 1. */
export const facilities = {
  user: 1,
  daemon: 3,
  auth: 4,
  syslog: 5,
  authpriv: 10,
  audit: 13,
  alert: 14,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const

/** RFC 5424, table 2: critical, error, warning, notice, informational. */
const severityOf: Readonly<Record<Level, number>> = {
  critical: 2,
  high: 3,
  medium: 4,
  low: 5,
  informational: 6,
}

export interface SyslogMessageOptions {
  readonly facility: keyof typeof facilities
  readonly hostname: string
  readonly structuredDataId: string
  readonly format: 'json' | 'text'
  readonly maxMessageBytes: number
}

/**
 * One alert as a message of RFC 5424 §6, without framing. An alert whose JSON has no room in the message is told by its
 * summary; what has no room of that is cut.
 */
export function syslogMessage(alert: Alert, options: SyslogMessageOptions): Buffer {
  const priority = facilities[options.facility] * 8 + severityOf[alert.rule.level]
  const start = `<${priority}>1 ${alert.lastSeen} ${hostnameOf(options.hostname)} kubewitness - alert `
  const named = `${start}[${options.structuredDataId}${parameters(alert)}]`
  if (options.format === 'json') {
    const whole = Buffer.from(`${named} ${asciiLine(alert)}`)
    if (whole.byteLength <= options.maxMessageBytes) return whole
  }
  return cutToCharacter(Buffer.from(`${named} ${marked(textOf(alert))}`), options.maxMessageBytes)
}

/** `\ufeff` in front says that a text is UTF-8 (RFC 5424 §6.4); ASCII needs no such mark. */
function marked(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : `\ufeff${text}`
}

/** JSON in ASCII alone: with the mark in front of it, parsers would not know it for JSON. */
function asciiLine(alert: Alert): string {
  return alertLine(alert).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function textOf(alert: Alert): string {
  const status = { open: '', updated: 'Updated: ', closed: 'Closed: ' }[alert.status]
  return cleanText(`${status}${alert.rule.title}: ${alert.summary}`, 1000)
}

/** SD-PARAMs (RFC 5424 §6.3.3). Short enough for the least message size that may be set, two bytes for most characters. */
function parameters(alert: Alert): string {
  const values = {
    id: alert.id,
    revision: String(alert.revision),
    status: alert.status,
    level: alert.rule.level,
    rule: alert.rule.name,
    cluster: alert.cluster,
    actor: alert.actor,
    peerIp: alert.peerIp,
    object: targetText(alert.target),
    count: String(alert.count),
  }
  return Object.entries(values)
    .map(([name, value]) => [name, cleanText(value, 80)] as const)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => ` ${name}="${value.replace(/["\\\]]/g, '\\$&')}"`)
    .join('')
}

/** HOSTNAME is 255 characters of printable ASCII, or `-`. */
function hostnameOf(name: string): string {
  return name.replace(/[^\x21-\x7e]/g, '').slice(0, 255) || '-'
}

/** No UTF-8 sequence is cut in two. */
function cutToCharacter(bytes: Buffer, maxBytes: number): Buffer {
  if (bytes.byteLength <= maxBytes) return bytes
  let end = maxBytes
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}
