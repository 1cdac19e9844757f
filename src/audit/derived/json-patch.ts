import { isWireObject, type WireObject } from '../wire.ts'

/** The API server refuses more (`maxJSONPatchOperations`). */
const maxOperations = 10_000
/** Nothing in Kubernetes lies deeper by far. */
const maxDepth = 64
/** Each makes all that was written before shared, so that it is copied again where it is written into. */
const maxCopies = 64

type Container = Record<string, unknown> | unknown[]

/**
 * What a JSON patch (RFC 6902) puts into an object that is not known: the object as far as the patch speaks of it. Arrays hold
 * the elements that it adds or changes, in its order; what it takes away is passed over. Takes time linear in the patch; never throws, and
 * writes into none of its values.
 */
export function putByJsonPatch(operations: readonly unknown[]): WireObject {
  const writer = new PatchWriter()
  for (const operation of operations.slice(0, maxOperations)) {
    if (!isWireObject(operation)) continue
    const { op, path, value, from } = operation
    const to = tokensOf(path)
    if (to === undefined) continue
    if (op === 'add' || op === 'replace') writer.put(to, value, op === 'add')
    else if (op === 'copy' || op === 'move') writer.copy(tokensOf(from), to)
  }
  return writer.object
}

/** The keys of a JSON pointer (RFC 6901). */
function tokensOf(pointer: unknown): readonly string[] | undefined {
  if (typeof pointer !== 'string') return undefined
  if (pointer === '') return []
  const [first, ...tokens] = pointer.split('/', maxDepth + 2)
  if (first !== '' || tokens.length > maxDepth) return undefined
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

class PatchWriter {
  #root: Container = newObject()
  /** Made here, and in one place only: these may be written into. */
  #owned = new Set<Container>([this.#root])
  /** Where the element is that the patch calls by an index: the arrays here lack what it does not speak of. */
  readonly #places = new Map<unknown[], Map<string, number>>()
  #copies = 0

  get object(): WireObject {
    return isWireObject(this.#root) ? this.#root : {}
  }

  put(tokens: readonly string[], value: unknown, isAdded: boolean): void {
    const last = tokens.at(-1)
    if (last === undefined) {
      if (isContainer(value)) this.#root = value
      return
    }
    let holder = this.#writable(this.#root, tokens[0]!)
    this.#root = holder
    for (let depth = 0; depth + 1 < tokens.length; depth++) {
      const token = tokens[depth]!
      const member = this.#writable(this.#get(holder, token), tokens[depth + 1]!)
      this.#set(holder, token, member, false)
      holder = member
    }
    this.#set(holder, last, value, isAdded)
  }

  /** Of a value that the patch has put in itself; others are not known. */
  copy(from: readonly string[] | undefined, to: readonly string[]): void {
    let value: unknown = this.#root
    for (const token of from ?? []) value = isContainer(value) ? this.#get(value, token) : undefined
    if (from === undefined || value === undefined || ++this.#copies > maxCopies) return
    this.#owned = new Set()
    this.put(to, value, true)
  }

  /** The value itself if it may be written into, else a copy; a new array or object, as the key wants it, for what is none. */
  #writable(value: unknown, key: string): Container {
    if (isContainer(value) && this.#owned.has(value)) return value
    const made = isContainer(value) ? this.#copyOf(value) : isIndex(key) ? [] : newObject()
    this.#owned.add(made)
    return made
  }

  #copyOf(value: Container): Container {
    if (!Array.isArray(value)) return Object.assign(newObject(), value)
    const copy = [...value]
    const known = this.#places.get(value)
    // An array that the patch brings whole has its elements where they are.
    this.#places.set(copy, new Map(known ?? value.map((_element, i) => [String(i), i])))
    return copy
  }

  #get(holder: Container, token: string): unknown {
    if (!Array.isArray(holder)) return Object.hasOwn(holder, token) ? holder[token] : undefined
    const place = this.#places.get(holder)?.get(token)
    return holder[place ?? (this.#places.has(holder) ? -1 : Number(token))]
  }

  #set(holder: Container, token: string, value: unknown, isAdded: boolean): void {
    if (!Array.isArray(holder)) {
      holder[token] = value
      return
    }
    const places = this.#places.get(holder) ?? new Map<string, number>()
    this.#places.set(holder, places)
    const place = isAdded ? undefined : places.get(token)
    if (place !== undefined) holder[place] = value
    else places.set(token, holder.push(value) - 1)
  }
}

/** Without a prototype, so that every key is its own. */
function newObject(): Record<string, unknown> {
  // Nothing is inherited, so that all there is are the keys that are written.
  return Object.create(null) as Record<string, unknown>
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null
}

function isIndex(token: string): boolean {
  return token === '-' || /^\d+$/.test(token)
}
