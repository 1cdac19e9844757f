import type { AuditEvent } from '../../contracts.ts'
import { innerOf, knownText, memberOf } from '../event.ts'
import { type NamedGrant, parseGrant } from '../grant.ts'
import { untold } from '../item-members.ts'
import { pathOf, proxiedPathOf, queryOf } from '../request-uri.ts'
import { at, isWireObject, textOf, type WireObject } from '../wire.ts'
import { type EffectiveObject, effectiveObjectOf } from './effective-object.ts'
import { containersIn, podTemplateOf } from './pod-spec.ts'
import { fieldSelectorOf, labelSelectorOf } from './selectors.ts'

type Selector = ReadonlyMap<string, readonly string[]>

/** One event, and what derived fields share of it: worked out when it is first asked for, and once. */
export class EventView {
  readonly event: AuditEvent
  #path: string | undefined
  #query: ReadonlyMap<string, readonly string[]> | undefined

  #fieldSelector: Selector | undefined
  #labelSelector: Selector | undefined
  #grant: NamedGrant | 'none' | undefined
  #effectiveObject: EffectiveObject | 'none' | undefined
  #podTemplate: WireObject | 'none' | undefined
  #containers: readonly WireObject[] | undefined

  constructor(event: AuditEvent) {
    this.event = event
  }

  /** A member of the event's object. */
  member(key: string): unknown {
    return memberOf(this.event, key)
  }

  /** A member that the index may know. */
  #text(key: 'requestURI' | 'userAgent'): string | undefined {
    const known = knownText(this.event, key)
    const value = known === untold ? this.member(key) : known
    return typeof value === 'string' ? value : undefined
  }

  /** Undefined unless `requestURI` is a text. */
  get requestUri(): string | undefined {
    return this.#text('requestURI')
  }

  /** Undefined unless `userAgent` is a text. */
  get userAgent(): string | undefined {
    return this.#text('userAgent')
  }

  /** Decoded; empty when there is none. */
  get path(): string {
    this.#path ??= pathOf(this.requestUri ?? '')
    return this.#path
  }

  get query(): ReadonlyMap<string, readonly string[]> {
    this.#query ??= queryOf(this.requestUri ?? '')
    return this.#query
  }

  /** The decoded values of one query parameter whose name is nothing but letters: most addresses show that they have none. */
  queryValues(name: string): readonly string[] | undefined {
    const uri = this.requestUri ?? ''
    return uri.includes(name) || uri.includes('%') ? this.query.get(name) : undefined
  }

  get fieldSelector(): Selector {
    this.#fieldSelector ??= fieldSelectorOf(this.query.get('fieldSelector')?.[0] ?? '')
    return this.#fieldSelector
  }

  get labelSelector(): Selector {
    this.#labelSelector ??= labelSelectorOf(this.query.get('labelSelector')?.[0] ?? '')
    return this.#labelSelector
  }

  /** `responseStatus.message`, empty when there is none. */
  get message(): string {
    return textOf(innerOf(this.event, 'responseStatus', 'message'))
  }

  get grant(): NamedGrant | undefined {
    this.#grant ??= parseGrant(this.annotation('authorization.k8s.io/reason')) ?? 'none'
    return this.#grant === 'none' ? undefined : this.#grant
  }

  /** A text of `objectRef`, empty when it is absent or null; undefined for what is no text. */
  reference(key: string): string | undefined {
    const value = innerOf(this.event, 'objectRef', key) ?? ''
    return typeof value === 'string' ? value : undefined
  }

  /** False when authentication failed. */
  get hasUser(): boolean {
    return (at(this.member('user'), 'username') ?? '') !== ''
  }

  /** An annotation that is a text, else empty. */
  annotation(key: string): string {
    return textOf(innerOf(this.event, 'annotations', key))
  }

  /** The texts of one key of `user.extra`. */
  extra(key: string): readonly string[] {
    const values = at(at(this.member('user'), 'extra'), key)
    return Array.isArray(values) ? values.filter((value) => typeof value === 'string') : []
  }

  /** The HTTP status; undefined when there is none. Exports may have it as text. */
  get code(): number | undefined {
    const code = innerOf(this.event, 'responseStatus', 'code')
    if (typeof code === 'number') return code
    return typeof code === 'string' && /^\d{3}$/.test(code) ? Number(code) : undefined
  }

  /** Undefined for the core group, as it is in `objectRef`. */
  get hasCoreGroup(): boolean {
    return this.reference('apiGroup') === ''
  }

  /** What is asked of a node, pod or service behind the API server; undefined when nothing is. */
  get proxiedPath(): string | undefined {
    return this.reference('subresource') === 'proxy' && this.hasCoreGroup
      ? proxiedPathOf(this.path)
      : undefined
  }

  /** The request is about the object itself, not about a subresource. */
  get isWholeObject(): boolean {
    return this.reference('subresource') === ''
  }

  get effectiveObject(): EffectiveObject | undefined {
    this.#effectiveObject ??= effectiveObjectOf(this) ?? 'none'
    return this.#effectiveObject === 'none' ? undefined : this.#effectiveObject
  }

  /** With metadata and spec. */
  get podTemplate(): WireObject | undefined {
    this.#podTemplate ??= podTemplateOf(this) ?? 'none'
    return this.#podTemplate === 'none' ? undefined : this.#podTemplate
  }

  get podSpec(): WireObject | undefined {
    const spec = at(this.podTemplate, 'spec')
    return isWireObject(spec) ? spec : undefined
  }

  /** All of podSpec; empty when there is none. */
  get containers(): readonly WireObject[] {
    this.#containers ??= this.podSpec === undefined ? [] : containersIn(this.podSpec)
    return this.#containers
  }
}
