import { type AccessShapeKey, bounded } from './access.ts'
import type { AccessProfile } from './profile.ts'
import type { Row } from './shape.ts'
import { count, type Tally } from './tally.ts'

/** Tells the audit id of the event in hand: it is seldom asked for. */
export interface AuditIdSource {
  auditId(): string
}

/** What a request adds to a profile, whenever it comes; everything of it but the time. */
export interface SeenAccess {
  /** Undefined: nobody was asked, and it is only counted. */
  readonly key: AccessShapeKey | undefined
  readonly namespace: string
  readonly name: string
  readonly isCreated: boolean
  readonly reason: string
  readonly hints: readonly string[]
  /** As a request of the user; a right that goes with another one is none. */
  readonly isCounted: boolean
}

/** A request of one user that may come again: where it is counted is found once. */
export class SeenRequest {
  readonly #profile: AccessProfile
  readonly #access: SeenAccess
  readonly #grow: (add: () => void) => void
  #row: Row | undefined
  #grant: Tally | undefined
  #generation = -1

  /** `grow` runs what may make the profile heavier. */
  constructor(profile: AccessProfile, access: SeenAccess, grow: (add: () => void) => void) {
    this.#profile = profile
    this.#access = access
    this.#grow = grow
  }

  count(isStart: boolean, timeUs: number, source: AuditIdSource): void {
    const profile = this.#profile
    const { key, isCreated, hints } = this.#access
    if (key === undefined) {
      profile.unjudged += 1
      return
    }
    if (this.#generation !== profile.generation) this.#find(key)
    if (this.#access.isCounted) count(profile.total, isStart, timeUs)
    if (this.#grant !== undefined) count(this.#grant, isStart, timeUs)
    const row = this.#row
    if (row === undefined) return
    count(row.tally, isStart, timeUs)
    if (row.isSample(timeUs)) row.addSample({ timeUs, auditId: bounded(source.auditId()) })
    if (isCreated) row.created += 1
    for (const hint of hints) row.addHint(hint)
  }

  #find(key: AccessShapeKey): void {
    const profile = this.#profile
    const { namespace, name, reason } = this.#access
    this.#grow(() => {
      this.#row = profile.row(key, namespace, name)
    })
    this.#grant = profile.grantTally(reason)
    if (reason !== '') this.#row?.reasons.add(reason)
    this.#generation = profile.generation
  }
}
