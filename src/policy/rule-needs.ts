import { auditLevelOf, type RecordedLevel } from '../audit/known-fields.ts'
import { type AuditLevel, auditLevels } from '../audit/policy/types.ts'
import type { Comparison, EventRule, FieldExpr } from '../contracts.ts'
import { fieldsOfBaseline } from '../sigma/baseline.ts'
import { type Alternative, alternativesOf, type Literal, needsPresence } from './alternatives.ts'
import { builtInGroupsOf } from './api-groups.ts'
import {
  everyRequest,
  isEmptyBox,
  narrow,
  type RequestBox,
  type RequestTrait,
} from './request-box.ts'
import {
  exact,
  exactly,
  hasNoText,
  intersectTexts,
  prefix,
  type TextPattern,
  type TextSet,
  textsOf,
} from './text-set.ts'

export const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const
export type Stage = (typeof stages)[number]

/** What one way to match a rule needs of the audit policy. */
export interface Need {
  /** The requests that it is about; more than those, never less. */
  readonly boxes: readonly RequestBox[]
  /** Below it nothing matches. */
  readonly auditLevel: RecordedLevel
  /** Below it what the rule leaves out is not told apart, so that it says too much. */
  readonly exactLevel: RecordedLevel
  /** Fields that Metadata does not have. */
  readonly bodyFields: readonly string[]
  /** The stages whose events can match. */
  readonly stages: readonly Stage[]
}

const levels: readonly RecordedLevel[] = ['Metadata', 'Request', 'RequestResponse']

export function richest(all: readonly RecordedLevel[]): RecordedLevel {
  return levels[Math.max(0, ...all.map((level) => levels.indexOf(level)))] ?? 'Metadata'
}

/** Whether what is recorded at `level` has what `needed` has. */
export function isEnough(level: string, needed: AuditLevel): boolean {
  const known: readonly string[] = auditLevels
  return known.indexOf(level) >= auditLevels.indexOf(needed)
}

/**
 * What a rule needs, computed from the fields that its condition and its baseline read: any one of the needs lets it match.
 * `others` are fields without which nothing comes of a match.
 */
export function needsOf(rule: EventRule, others: readonly string[] = []): readonly Need[] {
  const wanted = [...fieldsOfBaseline(rule), ...others]
  const needs = alternativesOf(rule.condition).map((alternative) => needOf(alternative, wanted))
  const byText = new Map(
    needs.filter(({ boxes }) => boxes.length > 0).map((need) => [JSON.stringify(need), need]),
  )
  return [...byText.values()]
}

function needOf(alternative: Alternative, wanted: readonly string[]): Need {
  const { literals, others } = alternative
  const fields = [...literals.map(({ field }) => field), ...others]
  const read = [...fields.flatMap(pathsOf), ...wanted]
  const looking = literals.filter(needsPresence)
  return {
    boxes: boxesOf(literals),
    auditLevel: richest([
      ...looking.map(({ field }) => levelAsked(field)),
      ...wanted.map(auditLevelOf),
    ]),
    exactLevel: richest(read.map(auditLevelOf)),
    bodyFields: [...new Set(read.filter((path) => auditLevelOf(path) !== 'Metadata'))],
    stages: stages.filter((stage) => literals.every((literal) => canHold(literal, stage))),
  }
}

/** `level: Request` in a condition asks for that level itself. */
function levelAsked(field: FieldExpr): RecordedLevel {
  const { path, test } = field
  const asked =
    path === 'level'
      ? levels.find((level) => test.onlyEquals?.every((text) => text === level.toLowerCase()))
      : undefined
  return asked ?? poorest(pathsOf(field).map(auditLevelOf))
}

/** Where a field is read: a mapping may give several places, of which each can show it. */
function pathsOf({ path, paths = [path] }: FieldExpr): readonly string[] {
  return paths
}

function poorest(of: readonly RecordedLevel[]): RecordedLevel {
  return levels.find((level) => of.includes(level)) ?? 'Metadata'
}

/** Fields that no event has at RequestReceived: they are about what came of the request. */
const outcomeFields = [
  'responseStatus',
  'impersonatedUser',
  'authenticationMetadata',
  'requestObject',
  'responseObject',
  'annotations.authorization.k8s.io/',
]

function canHold(literal: Literal, stage: Stage): boolean {
  const { field, isNegated } = literal
  if (field.path === 'stage') return field.test.matches([stage]) !== isNegated
  return (
    stage !== 'RequestReceived' || !needsPresence(literal) || !isBelow(field.path, outcomeFields)
  )
}

function isBelow(path: string, parents: readonly string[]): boolean {
  return parents.some(
    (parent) => path === parent || path.startsWith(parent.endsWith('/') ? parent : `${parent}.`),
  )
}

const kinds = [
  everyRequest(true, true),
  everyRequest(true, false),
  everyRequest(false, true),
  everyRequest(false, false),
]

function boxesOf(literals: readonly Literal[]): readonly RequestBox[] {
  return kinds
    .filter((kind) => literals.every((literal) => isPossible(literal, kind)))
    .flatMap((kind) => byGroup(literals.reduce(narrowedBy, kind)))
    .filter((box) => !isEmptyBox(box))
}

/** Fields that only an authenticated request has. */
const userFields = [
  'user.username',
  'user.groups',
  'user.uid',
  'user.extra',
  'actor',
  'effectiveUser',
  'impersonatedUser',
  'annotations.authorization.k8s.io/',
]

function isPossible(literal: Literal, { isAuthenticated, isResource }: RequestBox): boolean {
  const { field, isNegated } = literal
  const { path, test } = field
  if (needsPresence(literal)) {
    if (!isResource && isBelow(path, ['objectRef', 'requestObject', 'responseObject'])) return false
    // A body is read after authentication.
    if (!isAuthenticated && (isBelow(path, userFields) || auditLevelOf(path) !== 'Metadata'))
      return false
  }
  if (isNegated) return true
  if (isResource && path === 'objectRef.resource' && isOnlyAbsent(test)) return false
  if (isAuthenticated && (path === 'user.username' || path === 'actor') && isOnlyAbsent(test))
    return false
  // Without a user it was 401, or 400 for a time-out that is none.
  if (!isAuthenticated && path === 'responseStatus.code')
    return test.matches([401]) || test.matches([400])
  return true
}

function isOnlyAbsent({ onlyIf, needsPresence: needed }: FieldExpr['test']): boolean {
  return !needed && onlyIf?.every(isEmptyText) === true
}

const traitByPath: Readonly<Record<string, RequestTrait>> = {
  'user.username': 'user',
  actor: 'user',
  verb: 'verb',
  'objectRef.apiGroup': 'apiGroup',
  'objectRef.resource': 'resource',
  'objectRef.subresource': 'subresource',
  'objectRef.namespace': 'namespace',
  'objectRef.name': 'name',
  requestPath: 'path',
}

function narrowedBy(box: RequestBox, literal: Literal): RequestBox {
  const { field, isNegated } = literal
  const trait = traitByPath[field.path]
  if (field.path === 'user.groups') return narrowedByGroups(box, literal)
  if (trait === undefined || (trait === 'path' && box.isResource)) return box
  if (!box.isResource && trait !== 'path' && trait !== 'verb' && trait !== 'user') return box
  if (trait === 'user' && !box.isAuthenticated) return box
  const texts = isNegated ? textsOutside(field) : textsWithin(field)
  return narrow(box, trait, trait === 'name' ? withUnnamed(box, texts) : texts)
}

/** A create has its name in the body, where the audit policy does not look. */
function withUnnamed(box: RequestBox, texts: TextSet): TextSet {
  return hasNoText(intersectTexts(box.traits.verb, exactly('create')))
    ? texts
    : {
        include: [...texts.include, exact('')],
        exclude: texts.exclude.filter(({ text }) => text !== ''),
      }
}

function narrowedByGroups(box: RequestBox, { field, isNegated }: Literal): RequestBox {
  const { onlyEquals, trueIf, needsPresence: needed } = field.test
  if (isNegated) {
    const groups = trueIf?.filter(({ kind }) => kind === 'equals').map(({ value }) => value) ?? []
    return { ...box, noGroups: [...box.noGroups, ...groups] }
  }
  if (!needed || onlyEquals === undefined) return box
  return { ...box, oneOfGroups: [...box.oneOfGroups, onlyEquals] }
}

function textsWithin({ test }: FieldExpr): TextSet {
  const { onlyIf, needsPresence: needed } = test
  // Absent and empty are one here.
  const absent = needed || onlyIf?.some(isEmptyText) ? [] : [exact('')]
  if (onlyIf === undefined) return { include: [prefix('')], exclude: needed ? [exact('')] : [] }
  const include = [...onlyIf.map(patternOf), ...absent]
  return {
    include,
    exclude: onlyIf.some(({ kind }) => kind === 'exists') && needed ? [exact('')] : [],
  }
}

function isEmptyText({ kind, value }: Comparison): boolean {
  return kind === 'equals' && value === ''
}

/** The texts that some value has where the comparison holds. */
function patternOf({ kind, value }: Comparison): TextPattern {
  switch (kind) {
    case 'equals':
      return exact(value)
    case 'startswith':
      return prefix(value)
    case 'wildcard':
      return prefix(value.split(/[*?\\]/)[0] ?? '')
    case 'endswith':
    case 'contains':
    case 'cidr':
    case 'exists':
      return prefix('')
    default:
      return kind satisfies never
  }
}

function textsOutside({ test }: FieldExpr): TextSet {
  const exclude = (test.trueIf ?? []).flatMap(({ kind, value }) => {
    if (kind === 'equals') return [exact(value)]
    if (kind === 'startswith') return [prefix(value)]
    return []
  })
  // What is excluded when absent is there.
  return {
    include: [prefix('')],
    exclude: test.matches(undefined) ? [...exclude, exact('')] : exclude,
  }
}

/** A resource of Kubernetes that is named without its group is that of the groups that have it: a box for each. */
function byGroup(box: RequestBox): readonly RequestBox[] {
  const resources = textsOf(box.traits.resource)
  const isGroupGiven = textsOf(box.traits.apiGroup) !== undefined
  if (!box.isResource || resources === undefined || isGroupGiven) return [box]
  const ofGroups = Map.groupBy(resources, (resource) => builtInGroupsOf(resource).join(' '))
  return [...ofGroups.values()].map((ofThem) => {
    const part = narrow(box, 'resource', exactly(...ofThem))
    const [first = ''] = ofThem
    const groups = builtInGroupsOf(first)
    return groups.length === 0 ? part : narrow(part, 'apiGroup', exactly(...groups))
  })
}
