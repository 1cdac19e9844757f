const WAYS = 4
const SET_BITS = 12
const WIDTH = 4
const SET_WIDTH = WAYS * WIDTH

/** What tells the requests of one client, place and slot of time from all others, as far as hashes do. */
export interface ClientKey {
  /** Of the columns of a batch. */
  readonly client: number
  readonly agent: number
  /** Together with the cluster's. */
  readonly username: number
  readonly slot: number
}

/**
 * The clients that have been looked at and of which there is nothing to tell in their slot of time. Of fixed size: what
 * does not fit is looked at again. That a user has another client with the same hash is as likely as guessing 32 bits.
 */
export class ClientMemo {
  readonly #cells = new Int32Array(SET_WIDTH << SET_BITS)
  #next = 0

  has(client: number, agent: number, username: number, slot: number): boolean {
    const cells = this.#cells
    const set = setOf(client)
    for (let at = set; at < set + SET_WIDTH; at += WIDTH) {
      if (
        cells[at] === (client | 0) &&
        cells[at + 1] === (agent | 0) &&
        cells[at + 2] === (username | 0) &&
        cells[at + 3] === (slot | 0)
      )
        return true
    }
    return false
  }

  add({ client, agent, username, slot }: ClientKey): void {
    if (this.has(client, agent, username, slot)) return
    const cells = this.#cells
    const set = setOf(client)
    let at = set
    // The same client's older slot, or an empty one; else whichever is next.
    while (at < set + SET_WIDTH && !isReplaceable(cells, at, client, agent)) at += WIDTH
    if (at === set + SET_WIDTH) {
      this.#next = (this.#next + 1) % WAYS
      at = set + WIDTH * this.#next
    }
    cells[at] = client
    cells[at + 1] = agent
    cells[at + 2] = username
    cells[at + 3] = slot
  }

  /** With whatever agent. */
  forget(client: number): void {
    const set = setOf(client)
    for (let at = set; at < set + SET_WIDTH; at += WIDTH) {
      if (this.#cells[at] === (client | 0)) this.#cells.fill(0, at, at + WIDTH)
    }
  }
}

function isReplaceable(cells: Int32Array, at: number, client: number, agent: number): boolean {
  return cells[at] === 0 || (cells[at] === (client | 0) && cells[at + 1] === (agent | 0))
}

function setOf(client: number): number {
  return SET_WIDTH * (Math.imul(client, 0x9e3779b1) >>> (32 - SET_BITS))
}
