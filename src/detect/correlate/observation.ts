import { identityOf } from '../../audit/event.ts'
import { createFieldReader, type FieldNames, type FieldPaths } from '../../audit/fields.ts'
import type { EventIdentity } from '../../audit/identity.ts'
import type { AuditEvent, FieldReader } from '../../contracts.ts'
import type { CorrelationMatch, EventReference, GroupValue } from './correlator.ts'
import type { Carried } from './extra.ts'

/** What a correlation sees of an event that matched a rule it refers to, or that completed a correlation it refers to. */
export interface Observation extends EventReference {
  readonly cluster: string
  readonly identity: EventIdentity
  /** An object of its own, to know it by: what remembers it holds on to no event. */
  readonly mark: object
  /** A group-by name or a path; a path is read from the event. */
  readonly reader: FieldReader
  /** The group of the match, when it is of a correlation. */
  readonly group?: Readonly<Record<string, GroupValue>>
}

/**
 * Its id and values are made when they are first asked for. Where the event does not know its identity yet, `scratch` takes it:
 * the observation is good until another one is made with the same.
 */
export function observationOfEvent(
  event: AuditEvent,
  paths: FieldPaths,
  names: FieldNames,
  scratch: EventIdentity,
): Observation {
  return new EventObservation(event, createFieldReader(event, paths, names), scratch)
}

class EventObservation implements Observation, FieldReader {
  readonly cluster: string
  readonly timeUs: number
  readonly mark = {}
  readonly #event: AuditEvent
  readonly #fields: FieldReader
  #latestPath: string | undefined
  #latestValues: readonly unknown[] | undefined
  readonly #scratch: EventIdentity
  #identity: EventIdentity | undefined
  #stage: string | undefined

  constructor(event: AuditEvent, fields: FieldReader, scratch: EventIdentity) {
    this.cluster = event.cluster
    // An event without any time of its own is as old as its delivery.
    this.timeUs = event.timeUs > 0 ? event.timeUs : event.receivedAtMs * 1000
    this.#event = event
    this.#fields = fields
    this.#scratch = scratch
  }

  get reader(): FieldReader {
    return this
  }

  /** What was read last is known: many correlations ask for the same field of an event, one after the other. */
  read(path: string): readonly unknown[] | undefined {
    if (path !== this.#latestPath) {
      this.#latestPath = path
      this.#latestValues = this.#fields.read(path)
    }
    return this.#latestValues
  }

  get id(): string {
    return this.#event.id
  }

  get auditID(): string {
    const value = this.#event.raw['auditID']
    return typeof value === 'string' ? value : ''
  }

  get stage(): string {
    this.#stage ??= this.#event.stage
    return this.#stage
  }

  get identity(): EventIdentity {
    this.#identity ??= identityOf(this.#event, this.#scratch)
    return this.#identity
  }
}

/** The event that completed a correlation, seen by a correlation over it. */
export function observationOfMatch(
  { event, cluster, group }: CorrelationMatch,
  identity: EventIdentity,
  carried: Carried | undefined,
): Observation {
  return {
    ...event,
    cluster,
    identity,
    mark: {},
    reader: { read: (path) => carried?.get(path) },
    group,
  }
}
