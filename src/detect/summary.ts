import { createFieldReader, type FieldPaths } from '../audit/fields.ts'
import { targetOf } from '../audit/target.ts'
import type { AlertTarget, AuditEvent, FieldReader, RuleMetadata } from '../contracts.ts'
import { printable, textOfValues } from './printable.ts'

/** What a placeholder of a summary or a name in `groupBy` stands for, as raw text; undefined when it is absent. */
export type ReadPlaceholder = (name: string) => string | undefined

interface Subject {
  readonly event: AuditEvent
  readonly reader: FieldReader
}

/** Names that stand for something else than the field of that name. */
const placeholders: Readonly<Record<string, (subject: Subject) => string | undefined>> = {
  actor: ({ event }) => event.actor || 'unauthenticated',
  effectiveUser: ({ event }) => event.effectiveUser || 'unauthenticated',
  cluster: ({ event }) => event.cluster,
  peerIp: ({ event }) => event.peerIp,
  stage: ({ event }) => event.stage,
  target: ({ event, reader }) => nameTarget(targetOf(event), field(reader, 'requestPath')),
  resource: ({ reader }) => field(reader, 'objectRef.resource'),
  subresource: ({ reader }) => field(reader, 'objectRef.subresource'),
  namespace: ({ reader }) => field(reader, 'objectRef.namespace'),
  name: ({ reader }) => field(reader, 'objectRef.name'),
  code: ({ reader }) => field(reader, 'responseStatus.code'),
  impersonatedUser: ({ reader }) => field(reader, 'impersonatedUser.username'),
}

/** Names that a summary may use beside the fields of an event. */
export const placeholderNames: readonly string[] = Object.keys(placeholders)

/** Reads placeholders of one event: a name of the table, else any field path. `paths` as of `createFieldReader`. */
export function placeholderReader(event: AuditEvent, paths?: FieldPaths): ReadPlaceholder {
  const subject: Subject = { event, reader: createFieldReader(event, paths) }
  return (name) => {
    const known = Object.hasOwn(placeholders, name) ? placeholders[name] : undefined
    const text = known === undefined ? field(subject.reader, name) : known(subject)
    return text === '' ? undefined : text
  }
}

function field(reader: FieldReader, path: string): string | undefined {
  const values = reader.read(path)?.filter((value) => value !== null)
  return values === undefined || values.length === 0 ? undefined : textOfValues(values)
}

/** The object in question as people call it: `shop/web-0`, or the nearest thing to it that there is. */
function nameTarget(target: AlertTarget, requestPath: string | undefined): string | undefined {
  const { namespace, name, resource } = target
  if (namespace && name) return `${namespace}/${name}`
  return name || namespace || resource || requestPath
}

const placeholder = /\{([^{}]+)\}/g

/** The placeholders that the rule's own summary uses. */
export function placeholdersOf(rule: RuleMetadata): string[] {
  const { summary } = rule.custom
  return typeof summary === 'string'
    ? [...summary.matchAll(placeholder)].map((found) => found[1] ?? '')
    : []
}

/**
 * One sentence about the event: the rule's `summary` with its placeholders filled in, else its title, the actor and
 * the target. What is absent reads `unknown`.
 */
export function summaryOf(rule: RuleMetadata, read: ReadPlaceholder): string {
  const { summary } = rule.custom
  const fill = (name: string): string => printable(read(name) ?? '') || 'unknown'
  if (typeof summary !== 'string') return `${rule.title}: ${fill('actor')}, ${fill('target')}`
  return summary.replaceAll(placeholder, (_whole, name: string) => fill(name))
}
