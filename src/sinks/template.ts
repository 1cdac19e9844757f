import type { Alert } from '../contracts.ts'
import { cleanText } from './clean-text.ts'

/** What a template is of: JSON, in whose texts `{{ field }}` stands for a value of the alert. */
export type TemplateJson =
  | string
  | number
  | boolean
  | null
  | readonly TemplateJson[]
  | { readonly [key: string]: TemplateJson }

/**
 * The fields that templates may name, each a value of the alert. A list, so that a slip of the pen is an error of the
 * configuration and not an empty place in an alarm.
 */
const fields = {
  id: (alert) => alert.id,
  revision: (alert) => alert.revision,
  status: (alert) => alert.status,
  'rule.id': ({ rule }) => rule.id,
  'rule.name': ({ rule }) => rule.name,
  'rule.title': ({ rule }) => rule.title,
  'rule.level': ({ rule }) => rule.level,
  'rule.tags': ({ rule }) => rule.tags,
  cluster: (alert) => alert.cluster,
  actor: (alert) => alert.actor,
  effectiveUser: (alert) => alert.effectiveUser,
  peerIp: (alert) => alert.peerIp,
  userAgent: (alert) => alert.userAgent,
  'target.apiGroup': ({ target }) => target.apiGroup,
  'target.resource': ({ target }) => target.resource,
  'target.subresource': ({ target }) => target.subresource,
  'target.namespace': ({ target }) => target.namespace,
  'target.name': ({ target }) => target.name,
  firstSeen: (alert) => alert.firstSeen,
  lastSeen: (alert) => alert.lastSeen,
  count: (alert) => alert.count,
  summary: (alert) => alert.summary,
  why: (alert) => alert.why,
  group: (alert) => alert.group,
  previousLevel: (alert) => alert.previousLevel,
  closedBecause: (alert) => alert.closedBecause,
  alert: (alert) => alert,
} as const satisfies Readonly<Record<string, (alert: Alert) => unknown>>

type FieldName = keyof typeof fields

const placeholder = /\{\{\s*([A-Za-z.]{1,40})\s*\}\}/g

/** Texts between placeholders and names of fields, by turns; the first is a text. */
type Pieces = readonly string[]

/** A template with its texts taken apart, ready to be filled in. */
export type Template =
  | { readonly kind: 'text'; readonly pieces: Pieces }
  | { readonly kind: 'list'; readonly items: readonly Template[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Template])[] }
  | { readonly kind: 'constant'; readonly value: number | boolean | null }

/** What is wrong with the placeholders in a text, or nothing. */
export function templateProblem(text: string): string | undefined {
  const advice = 'a placeholder is a field of the alert between {{ and }}, and nothing else'
  if (/\{\{\{|\}\}\}/.test(text)) return advice
  for (const [index, piece] of text.split(placeholder).entries()) {
    if (index % 2 === 1 && !Object.hasOwn(fields, piece)) {
      return `there is no field ${piece}; fields are ${Object.keys(fields).join(', ')}`
    }
    if (index % 2 === 0 && /\{\{|\}\}/.test(piece)) return advice
  }
  return undefined
}

/** Takes a template apart whose texts have no problem. */
export function parseTemplate(template: TemplateJson): Template {
  if (typeof template === 'string') return { kind: 'text', pieces: template.split(placeholder) }
  if (Array.isArray(template)) return { kind: 'list', items: template.map(parseTemplate) }
  if (typeof template === 'object' && template !== null) {
    const entries = Object.entries(template)
    return { kind: 'object', entries: entries.map(([key, value]) => [key, parseTemplate(value)]) }
  }
  // What is left of the type once texts, lists and objects are gone; TypeScript does not tell readonly lists from it.
  return { kind: 'constant', value: template as number | boolean | null }
}

/**
 * The template with the values of one alert, in time that grows with its length and theirs. A text that is one
 * placeholder becomes the value as it is, whatever its type, and null when there is none; elsewhere values stand as text.
 * Values are put in and never looked at again, so nothing that an event says can become part of the structure.
 */
export function fillTemplate(template: Template, alert: Alert): unknown {
  switch (template.kind) {
    case 'constant':
      return template.value
    case 'list':
      return template.items.map((item) => fillTemplate(item, alert))
    case 'object':
      return Object.fromEntries(
        template.entries.map(([key, value]) => [key, fillTemplate(value, alert)]),
      )
    case 'text': {
      const [before, name, after] = template.pieces
      const isAlone = template.pieces.length === 3 && before === '' && after === ''
      return isAlone ? (fieldValue(name!, alert) ?? null) : fillText(template.pieces, alert)
    }
    default:
      return template satisfies never
  }
}

/** A text for people: each value is one line without anything invisible. */
export function fillPlainText(text: string, alert: Alert): string {
  return fillText(text.split(placeholder), alert, (value) => cleanText(value, 1000))
}

/** For a header: one line of visible ASCII; what is not is percent-encoded as in URLs. */
export function fillHeader(text: string, alert: Alert): string {
  const line = cleanText(fillPlainText(text, alert), 1000)
  return line.replace(/[^\x20-\x7e]+/g, (other) => encodeURIComponent(other))
}

function fillText(
  pieces: Pieces,
  alert: Alert,
  prepare: (value: string) => string = (value) => value,
): string {
  return pieces
    .map((piece, index) => (index % 2 === 0 ? piece : prepare(textOf(fieldValue(piece, alert)))))
    .join('')
}

function fieldValue(name: string, alert: Alert): unknown {
  // Checked when the configuration was read.
  return fields[name as FieldName](alert)
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
