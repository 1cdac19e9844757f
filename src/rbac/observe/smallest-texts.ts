const none: readonly string[] = []

/**
 * The texts that come first in code unit order, up to a limit: the same ones whatever the order in which they came, so that
 * two such sets are united without loss.
 */
export class SmallestTexts {
  readonly limit: number
  #texts: string[] | undefined
  #isCut = false

  constructor(limit: number, texts: readonly string[] = [], isCut = false) {
    this.limit = limit
    if (texts.length > 0) this.#texts = [...texts]
    this.#isCut = isCut
  }

  /** In order. */
  get texts(): readonly string[] {
    return this.#texts ?? none
  }

  /** There were more. */
  get isCut(): boolean {
    return this.#isCut
  }

  add(text: string): void {
    this.#texts ??= []
    const texts = this.#texts
    // Nearly always it is there already, and there is one.
    if (texts.length === 1 && texts[0] === text) return
    let at = 0
    while (at < texts.length && texts[at]! < text) at++
    if (texts[at] === text) return
    if (at < this.limit) texts.splice(at, 0, text)
    if (at >= this.limit || texts.length > this.limit) this.#isCut = true
    if (texts.length > this.limit) texts.pop()
  }

  merge(other: SmallestTexts): void {
    for (const text of other.texts) this.add(text)
    this.#isCut ||= other.#isCut
  }
}
