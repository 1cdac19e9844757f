import type { Socket } from 'node:net'
import { Transform } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'

export type Fault =
  | { readonly kind: 'none' }
  /** Everything arrives `ms` later, both ways. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** A connection passes `bytes` more that way (`up` = to the target), then it is cut. */
  | { readonly kind: 'cut-after-bytes'; readonly bytes: number; readonly direction: 'up' | 'down' }
  /** Connections are accepted, and reset. */
  | { readonly kind: 'reset' }
  /** Connections stand, and nothing arrives until the fault is taken away. */
  | { readonly kind: 'black-hole' }
  /** Open connections are reset, and nobody listens. */
  | { readonly kind: 'refuse' }

/** The two sockets of one proxied connection. */
export interface ProxiedPair {
  apply(fault: Fault): void
  reset(): void
}

const maxHeldBytes = 1024 * 1024

/** Joins two sockets through whatever the fault of the moment does. `onClosed` is called once both are gone. */
export function createProxiedPair(
  client: Socket,
  target: Socket,
  onClosed: () => void,
): ProxiedPair {
  let fault: Fault = { kind: 'none' }
  let leftBytes = 0
  let changed = Promise.withResolvers<void>()
  const ended = new AbortController()
  const reset = () => {
    ended.abort()
    client.resetAndDestroy()
    target.resetAndDestroy()
  }
  const carry = (direction: 'up' | 'down', to: Socket) => {
    let heldBytes = 0
    let isCut = false
    let turn = Promise.resolve()
    const passage = async () => {
      if (fault.kind === 'delay') await wait(fault.ms, undefined, { signal: ended.signal })
      while (fault.kind === 'black-hole') await changed.promise
    }
    const pass = (stream: Transform, chunk: Buffer) => {
      if (isCut) return
      const isCounted = fault.kind === 'cut-after-bytes' && fault.direction === direction
      stream.push(isCounted ? chunk.subarray(0, leftBytes) : chunk)
      if (!isCounted) return
      leftBytes = Math.max(0, leftBytes - chunk.length)
      // What the cut lets through has to leave before the connection goes.
      if (leftBytes > 0) return
      isCut = true
      to.once('finish', reset)
      stream.push(null)
    }
    return new Transform({
      transform(chunk: Buffer, _encoding, done) {
        heldBytes += chunk.length
        turn = Promise.all([turn, passage()]).then(() => {
          heldBytes -= chunk.length
          pass(this, chunk)
        })
        // Ends with the pair: then nobody waits for the bytes any more.
        turn.catch(() => undefined)
        if (heldBytes < maxHeldBytes) done()
        else turn.then(() => done(), done)
      },
      flush(done) {
        turn.then(() => done(), done)
      },
    })
  }
  const streams = [carry('up', target), carry('down', client)] as const
  client.pipe(streams[0]).pipe(target)
  target.pipe(streams[1]).pipe(client)
  for (const stream of [client, target, ...streams]) stream.on('error', reset)
  for (const socket of [client, target]) {
    socket.on('close', () => {
      if (client.destroyed && target.destroyed) onClosed()
    })
  }
  return {
    reset,
    apply: (next) => {
      fault = next
      if (next.kind === 'cut-after-bytes') leftBytes = next.bytes
      changed.resolve()
      changed = Promise.withResolvers()
      if (next.kind === 'reset' || next.kind === 'refuse') reset()
    },
  }
}
