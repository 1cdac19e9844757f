/** What of kafkajs's connection is touched. */
interface Connection {
  connect(): Promise<unknown>
}

const mended = Symbol('mended')

/**
 * Requests that find a connection of kafkajs 2.2.4 not yet made each open a socket for it. Only the last one is used, and closed
 * in the end; the others stay open, and keep the process from ending. Here all of them wait for one.
 */
export function connectOnce(connectionClass: { readonly prototype: object }): void {
  // The class of the pinned version has this method; the test sees that it still does.
  const prototype = connectionClass.prototype as Connection & { [mended]?: true }
  if (prototype[mended]) return
  prototype[mended] = true
  const { connect } = prototype
  const underWay = new WeakMap<Connection, Promise<unknown>>()
  prototype.connect = function once(this: Connection): Promise<unknown> {
    const known = underWay.get(this)
    if (known !== undefined) return known
    const connecting = connect.call(this).finally(() => underWay.delete(this))
    underWay.set(this, connecting)
    return connecting
  }
}
