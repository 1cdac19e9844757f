import type { Remembering, StateChange, StateRecord } from '../contracts.ts'
import { Observation, type ObservationValue } from '../rbac/observe/observation.ts'
import type { AccessProfile, ProfileValue } from '../rbac/observe/profile.ts'
import type { ObservationWindow, WindowValue } from '../rbac/observe/window.ts'
import { textKey } from '../util/text-key.ts'
import { packNow, unpack } from '../util/zstd.ts'

/** A profile has a bound far below it. */
const maxRecordBytes = 256 << 20

type SavedPart =
  | { readonly version: 1; readonly kind: 'profile'; readonly value: ProfileValue }
  | { readonly version: 1; readonly kind: 'window'; readonly value: WindowValue }
  | { readonly version: 1; readonly kind: 'cut'; readonly value: string }

/** Rows of all users together: a tenth of what a command may take, and ten times what a large cluster has. */
const bounds = { maxRows: 1 << 17 }

/** An observation that is saved in parts, of which only those that have changed are written again. */
export class ObservedState implements Remembering {
  #observation = new Observation(bounds)
  /** What each saved record is true of, by its key. */
  #saved = new Map<string, string>()
  /** What was saved by another version, and goes. */
  #unusable: readonly string[] = []

  get observation(): Observation {
    return this.#observation
  }

  restore(records: Iterable<StateRecord>): void {
    const all = [...records].map(({ key, value }) => ({ key, part: partOf(value) }))
    const parts = all.flatMap(({ part }) => (part === undefined ? [] : [part]))
    // One that is not understood, and the rest is not true of the cursor.
    if (parts.length < all.length) {
      this.#unusable = all.map(({ key }) => key)
      return
    }
    this.#observation = Observation.fromValue(observationValue(parts), bounds)
    this.#saved = new Map(this.#marks().map(({ key, mark }) => [key, mark]))
  }

  /** Saved records that could not be used: all of them, if any. They go with the next changes. */
  get unusable(): number {
    return this.#unusable.length
  }

  takeChanges(): readonly StateChange[] {
    const marks = this.#marks()
    const now = new Map(marks.map(({ key, mark }) => [key, mark]))
    const gone = [...this.#saved.keys(), ...this.#unusable].filter((key) => !now.has(key))
    const changed = marks.filter(({ key, mark }) => this.#saved.get(key) !== mark)
    this.#saved = now
    this.#unusable = []
    return [
      ...gone.map((key) => ({ key, value: undefined })),
      ...changed.map(({ key, part }) => ({ key, value: bytesOf(part()) })),
    ]
  }

  #marks(): readonly Mark[] {
    const observation = this.#observation
    const profiles = observation.profiles()
    const { cut } = observation
    return [
      ...profiles.map(markOfProfile),
      ...observation.windows().map(markOfWindow),
      ...(cut === undefined
        ? []
        : [
            {
              key: 'cut',
              mark: cut,
              part: () => ({ version: 1, kind: 'cut', value: cut }) as const,
            },
          ]),
    ]
  }
}

interface Mark {
  readonly key: string
  /** Another one whenever the part has changed. */
  readonly mark: string
  readonly part: () => SavedPart
}

/** Nothing is noted in a profile without a count. */
function markOfProfile(profile: AccessProfile): Mark {
  const { cluster, user, total, unjudged } = profile
  return {
    key: `profile/${textKey([cluster, user])}`,
    mark: `${total.started} ${total.completed} ${unjudged} ${profile.isCut}`,
    part: () => ({ version: 1, kind: 'profile', value: profile.toValue() }),
  }
}

function markOfWindow(window: ObservationWindow): Mark {
  const value = window.toValue()
  return {
    key: `window/${value.cluster}`,
    mark: JSON.stringify([value.stages, value.lastUs]),
    part: () => ({ version: 1, kind: 'window', value }),
  }
}

function observationValue(parts: readonly SavedPart[]): ObservationValue {
  const cut = parts.find((part) => part.kind === 'cut')?.value
  return {
    version: 1,
    profiles: parts.flatMap((part) => (part.kind === 'profile' ? [part.value] : [])),
    windows: parts.flatMap((part) => (part.kind === 'window' ? [part.value] : [])),
    ...(cut === undefined ? {} : { cut }),
  }
}

function bytesOf(part: SavedPart): Uint8Array {
  return packNow(Buffer.from(JSON.stringify(part)))
}

function partOf(bytes: Uint8Array): SavedPart | undefined {
  try {
    const part: unknown = JSON.parse(Buffer.from(unpack(bytes, maxRecordBytes)).toString('utf8'))
    const isKnown =
      typeof part === 'object' && part !== null && 'version' in part && part.version === 1
    // Only this file writes such records, so that the version vouches for the shape.
    return isKnown ? (part as SavedPart) : undefined
  } catch {
    return undefined
  }
}
