import { auditLevels, auditStages } from '../../audit/policy/types.ts'
import { auditIdBit } from '../../audit/predicate-bytes.ts'
import type { ItemPlaces, SplitItems } from '../../audit/split.ts'
import { UNKNOWN } from '../../util/hash.ts'
import { resourceVerbs } from '../resource-verbs.ts'
import type { AccessRequest } from './access.ts'
import { parts, width } from './item-places.ts'
import { decoded, decodedText, numberOf, quoted } from './json-text.ts'
import { Numbers } from './numbers.ts'
import {
  type AccessEvent,
  type Asker,
  answeredEvent,
  askerOf,
  isNameless,
  isOutsideNamespaces,
  pathRequest,
  resourceRequest,
} from './read-event.ts'
import { TimeReader } from './time-reader.ts'

const QUOTE = 0x22

const levels = auditLevels.map(quoted)
const stages = auditStages.map(quoted)
const verbTexts = resourceVerbs.map((verb) => `"${verb}"`)
const verbs = verbTexts.map((text): Uint8Array => Buffer.from(text))
const decisions = ['allow', 'forbid'].map(quoted)

/** More different users or reasons than this, and what is remembered of them is forgotten: some 3 KB of each, as long as its events are. */
const maxNumbers = 1 << 13

/**
 * Reads from the bytes of an item what makes its request the same as another one: whatever an access profile goes by, but
 * stage, time and audit id, which are read too. Items that are unusual in any way are left to who decodes them.
 */
export class ItemReader {
  /** What the item just read has in common with others: where all three are equal, requests differ in name only. */
  user = 0
  answer = 0
  kind = ''
  /** The name, as JSON without its quotes; empty where no name is asked for. */
  rawName = ''
  stage = ''
  auditLevel = ''
  timeUs = 0
  readonly #wants: (user: string) => boolean
  readonly #users = new Numbers<Asker | undefined>()
  /** By the number of the user. */
  #wanted: boolean[] = []
  readonly #reasons = new Numbers<string>()
  #row = 0
  #reason = 0
  #answerNumber = 0
  #bytes: Buffer = Buffer.alloc(0)
  #items: SplitItems | undefined
  #places: ItemPlaces | undefined
  /** What was forgotten is numbered anew: groups from before mean nothing any more. */
  forgotten = 0
  readonly #times = new TimeReader()

  /** Of users that are not wanted, requests are told apart by verb only, and by whether they are for a resource. */
  constructor(wants: (user: string) => boolean) {
    this.#wants = wants
  }

  look(bytes: Uint8Array, items: SplitItems): void {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#items = items
    this.#places = items.places
    this.#users.clearPlaces()
    this.#reasons.clearPlaces()
    if (this.#users.count + this.#reasons.count <= maxNumbers) return
    this.#users.clear()
    this.#reasons.clear()
    this.#wanted = []
    this.forgotten += 1
  }

  /** False when the item has to be decoded. */
  read(item: number): boolean {
    const items = this.#items
    const places = this.#places
    if (items === undefined || places === undefined) return false
    if (items.columns.verb[item] === UNKNOWN || (items.certainlyTrue[item]! & auditIdBit) === 0)
      return false
    const row = item * width
    const { starts, ends } = places
    if (starts[row + parts.impersonated] !== 0 || starts[row + parts.authentication] !== 0)
      return false
    if (starts[row + parts.body] !== 0 || starts[row + parts.user] === 0) return false
    const level = this.#numberAt(levels, row + parts.level, starts, ends)
    const stage = this.#numberAt(stages, row + parts.stage, starts, ends)
    const answer = this.#answer(row, starts, ends)
    const timeUs = this.#times.read(this.#bytes, starts[row + parts.time]!, ends[row + parts.time]!)
    if (level < 0 || stage < 0 || answer < 0 || timeUs === undefined) return false
    this.timeUs = timeUs
    this.stage = auditStages[stage]!
    this.auditLevel = auditLevels[level]!
    const users = this.#users.of(
      this.#bytes,
      places.firstUsers[item]!,
      starts[row + parts.user]!,
      ends[row + parts.user]!,
    )
    const isWanted = this.#isWanted(users)
    const reasons = isWanted ? this.#readReason(item, row, places) : 0
    if (!isWanted) this.#readVerb(row, starts, ends)
    else if (!this.#readRequest(row, starts, ends)) return false
    this.#row = row
    this.user = users
    this.#reason = reasons
    this.#answerNumber = answer
    this.answer = (reasons << 14) | (level << 12) | answer
    return true
  }

  #isWanted(user: number): boolean {
    const known = this.#wanted[user]
    if (known !== undefined) return known
    const asker = this.#users.get(user, readAsker)
    const isWanted = asker !== undefined && this.#wants(asker.user)
    this.#wanted[user] = isWanted
    return isWanted
  }

  /** The number of the reason; 0 if it is absent or empty. */
  #readReason(item: number, row: number, { starts, ends, firstReasons }: ItemPlaces): number {
    const start = starts[row + parts.reason]!
    const end = ends[row + parts.reason]!
    if (end - start <= 2) return 0
    return this.#reasons.of(this.#bytes, firstReasons[item]!, start, end)
  }

  #readVerb(row: number, starts: Uint32Array, ends: Uint32Array): void {
    const verb = this.#verbAt(row, starts, ends)
    this.kind = starts[row + parts.objectRef] === 0 ? verb : `${verb} `
    this.rawName = ''
  }

  /** With its quotes; the usual ones without a text for each. */
  #verbAt(row: number, starts: Uint32Array, ends: Uint32Array): string {
    const number = this.#numberAt(verbs, row + parts.verb, starts, ends)
    return number < 0 ? this.#textAt(row + parts.verb, starts, ends) : verbTexts[number]!
  }

  /** The audit id of the item just read. */
  auditId(): string {
    const cell = this.#row + parts.auditId
    const { starts, ends } = this.#places!
    return this.#bytes.toString('latin1', starts[cell]! + 1, ends[cell]! - 1)
  }

  /** The name of the item just read. */
  name(): string {
    return decoded(this.rawName)
  }

  /** The item just read, as far as permissions depend on it. */
  event(): AccessEvent {
    return answeredEvent(this.#users.get(this.user, readAsker), this.#request(), {
      decision: ['', 'allow', 'forbid'][this.#answerNumber & 3] ?? '',
      reason: this.#reason === 0 ? '' : this.#reasons.get(this.#reason, decodedText),
      code: this.#answerNumber >>> 2,
      message: '',
    })
  }

  #request(): AccessRequest {
    const places = this.#places!
    const row = this.#row
    const text = (part: number): string =>
      decodedText(this.#textAt(row + part, places.starts, places.ends))
    const verb = text(parts.verb)
    const uri = text(parts.uri)
    if (places.starts[row + parts.objectRef] === 0) return pathRequest(verb, uri)
    return resourceRequest(verb, uri, {
      apiGroup: text(parts.apiGroup),
      resource: text(parts.resource),
      subresource: text(parts.subresource),
      namespace: text(parts.namespace),
      name: this.name(),
    })
  }

  /** The code, and in the lowest two bits the decision; negative when it is unusual. */
  #answer(row: number, starts: Uint32Array, ends: Uint32Array): number {
    const bytes = this.#bytes
    const start = starts[row + parts.code]!
    let code = 0
    if (start !== 0) {
      if (ends[row + parts.code]! - start !== 3) return -1
      for (let i = start; i < start + 3; i++) {
        const digit = bytes[i]! - 0x30
        if (digit < 0 || digit > 9) return -1
        code = 10 * code + digit
      }
    }
    const annotations = starts[row + parts.annotations]!
    if (annotations !== 0 && bytes[annotations] !== 0x7b) return -1
    // Without a decision, the message of a 403 tells what was refused.
    if (starts[row + parts.decision] === 0) return code === 403 ? -1 : 4 * code
    const decision = this.#numberAt(decisions, row + parts.decision, starts, ends)
    return decision < 0 ? -1 : 4 * code + decision + 1
  }

  /** False when the request is unusual. */
  #readRequest(row: number, starts: Uint32Array, ends: Uint32Array): boolean {
    const bytes = this.#bytes
    const verb = this.#verbAt(row, starts, ends)
    const uri = row + parts.uri
    const objectRef = starts[row + parts.objectRef]!
    this.rawName = ''
    if (objectRef === 0) {
      this.kind = `${verb}${this.#textAt(uri, starts, ends).split('?', 1)[0]}`
      return true
    }
    const resource = starts[row + parts.resource]!
    const namespace = starts[row + parts.namespace]!
    if (bytes[objectRef] !== 0x7b || resource === 0) return false
    if (namespace !== 0 && namespace < resource) return false
    // One text for both, and for what stands between.
    const where = bytes.toString(
      'latin1',
      resource,
      ends[row + (namespace === 0 ? parts.resource : parts.namespace)],
    )
    const subresource = this.#textAt(row + parts.subresource, starts, ends)
    const isCreate = verb === '"create"'
    const isOutside =
      isCreate && namespace !== 0 && isOutsideNamespaces(this.#textAt(uri, starts, ends))
    this.kind = `${verb}${isOutside ? '!' : ''}${where}+${this.#textAt(row + parts.apiGroup, starts, ends)}+${subresource}`
    const name = starts[row + parts.name]!
    if (name !== 0 && !isNameless(verb.slice(1, -1), subresource)) {
      if (bytes[name] !== QUOTE) return false
      this.rawName = bytes.toString('latin1', name + 1, ends[row + parts.name]! - 1)
    }
    return true
  }

  /** The number of the text that the value is; negative if it is none of them. */
  #numberAt(
    texts: readonly Uint8Array[],
    cell: number,
    starts: Uint32Array,
    ends: Uint32Array,
  ): number {
    return numberOf(texts, this.#bytes, starts[cell]!, ends[cell]!)
  }

  /** With its quotes; empty if absent. */
  #textAt(cell: number, starts: Uint32Array, ends: Uint32Array): string {
    const start = starts[cell]!
    return start === 0 ? '' : this.#bytes.toString('latin1', start, ends[cell]!)
  }
}

function readAsker(raw: string): Asker | undefined {
  return askerOf(JSON.parse(Buffer.from(raw, 'latin1').toString()))
}
