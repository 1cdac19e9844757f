/** Numbers from 1 for values by their bytes, and what they stand for. */
export class Numbers<Value> {
  readonly #byText = new Map<string, number>()
  /** Of these bytes: by where a value stands first. */
  readonly #byPlace = new Map<number, number>()
  #texts: string[] = ['']
  #values: Value[] = []

  get count(): number {
    return this.#byText.size
  }

  of(bytes: Buffer, first: number, start: number, end: number): number {
    const known = this.#byPlace.get(first)
    if (known !== undefined) return known
    const text = bytes.toString('latin1', start, end)
    let number = this.#byText.get(text)
    if (number === undefined) {
      number = this.#texts.push(text) - 1
      this.#byText.set(text, number)
    }
    this.#byPlace.set(first, number)
    return number
  }

  /** The value that has the number; it is read once. */
  get(number: number, read: (raw: string) => Value): Value {
    if (number in this.#values) return this.#values[number]!
    const value = read(this.#texts[number]!)
    this.#values[number] = value
    return value
  }

  clearPlaces(): void {
    this.#byPlace.clear()
  }

  clear(): void {
    this.#byText.clear()
    this.#byPlace.clear()
    this.#texts = ['']
    this.#values = []
  }
}
