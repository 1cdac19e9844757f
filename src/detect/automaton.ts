/** Finds all of many needles in one pass over a text, character by character. */
export interface Automaton {
  /**
   * At the state plus the class of a character: the state behind it, or `~state` where needles end. A state is the place of its
   * row, a multiple of `classes`; the first one is 0.
   */
  readonly next: Int32Array
  /** The class of every ASCII character, capitals as small letters; 0 = in no needle. */
  readonly classOf: Uint8Array
  readonly classes: number
  /** By number of the row: which entry of `found` holds what ends there; 0 = nothing does. */
  readonly ends: Int32Array
  /** Numbers of needles. */
  readonly found: readonly (readonly number[])[]
  /** Where nothing is found any more; -1 = that state does not exist. */
  readonly dead: number
}

interface Node {
  readonly children: Map<number, number>
  readonly needles: number[]
}

/**
 * Aho and Corasick's machine over needles of ASCII characters, folded and not empty, with all transitions worked out. `isAtStart`:
 * they are found at the beginning of a text only.
 */
export function createAutomaton(needles: readonly string[], isAtStart = false): Automaton {
  const classOf = classesOf(needles)
  const classes = 1 + classOf.reduce((most, each) => Math.max(most, each), 0)
  const nodes = trieOf(needles, classOf)
  const dead = nodes.length
  const next = new Int32Array(nodes.length * classes)
  const fallback = new Int32Array(nodes.length)
  // Breadth first: what a state falls back to is shorter, and complete by then.
  const queue = [0]
  for (let at = 0; at < queue.length; at++) {
    const state = queue[at]!
    const node = nodes[state]!
    const back = fallback[state]!
    if (state !== 0 && !isAtStart) node.needles.push(...nodes[back]!.needles)
    for (let each = 0; each < classes; each++) {
      const child = node.children.get(each)
      const otherwise = isAtStart ? dead : state === 0 ? 0 : next[back * classes + each]!
      next[state * classes + each] = child ?? otherwise
      if (child === undefined) continue
      if (!isAtStart) fallback[child] = otherwise
      queue.push(child)
    }
  }
  const found: (readonly number[])[] = [[]]
  const ends = Int32Array.from(nodes, (node) =>
    node.needles.length === 0 ? 0 : found.push(node.needles) - 1,
  )
  const rows = next.map((state) =>
    (ends[state] ?? 0) === 0 ? state * classes : ~(state * classes),
  )
  return { next: rows, classOf, classes, ends, found, dead: isAtStart ? dead * classes : -1 }
}

function classesOf(needles: readonly string[]): Uint8Array {
  const classOf = new Uint8Array(128)
  let classes = 0
  for (const needle of needles) {
    for (let i = 0; i < needle.length; i++) {
      const code = needle.charCodeAt(i)
      if (classOf[code] === 0) classOf[code] = ++classes
    }
  }
  for (let small = 0x61; small <= 0x7a; small++) classOf[small - 0x20] = classOf[small]!
  return classOf
}

function trieOf(needles: readonly string[], classOf: Uint8Array): Node[] {
  const nodes: Node[] = [{ children: new Map(), needles: [] }]
  for (const [number, needle] of needles.entries()) {
    let state = 0
    for (let i = 0; i < needle.length; i++) {
      const each = classOf[needle.charCodeAt(i)]!
      let child = nodes[state]!.children.get(each)
      if (child === undefined) {
        child = nodes.push({ children: new Map(), needles: [] }) - 1
        nodes[state]!.children.set(each, child)
      }
      state = child
    }
    nodes[state]!.needles.push(number)
  }
  return nodes
}
