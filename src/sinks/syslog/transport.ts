import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Clock } from '../../contracts.ts'
import type { TlsFiles } from '../../util/tls-files.ts'

export interface SyslogPeer {
  readonly host: string
  readonly port: number
  /** With TLS when present. */
  readonly tls?: TlsFiles
  /** Wait until the receiver has closed its side too, which it does when it has read to the end. */
  readonly awaitsClose: boolean
}

/** `<length> <message>`: RFC 5425 §4.3 for TLS, RFC 6587 §3.4.1 for TCP. */
export function octetCounted(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${message.byteLength} `), message])
}

/** RFC 6587 §3.4.2; our messages hold no newline. */
export function newlineEnded(message: Buffer): Buffer {
  return Buffer.concat([message, Buffer.from('\n')])
}

/** A receiver that takes nobody closes within a round trip; so long is waited for that before our side is closed. */
const settleMs = 100

/**
 * Sends bytes over a connection of their own. Syslog has no answers; but a receiver closes its side once it has read
 * the end of ours, and resets the connection when it closes before that: so resolving means that all was read.
 */
export async function sendStream(
  peer: SyslogPeer,
  bytes: Buffer,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  const socket = openStream(peer)
  const onAbort = () => socket.destroy(new Error('stopped while waiting'))
  signal.addEventListener('abort', onAbort, { once: true })
  let hasEnded = false
  socket.on('end', () => {
    hasEnded = true
  })
  const closed = new Promise<void>((resolve, reject) => {
    socket.on('close', resolve)
    socket.on('error', reject)
  })
  closed.catch(() => undefined)
  // What a receiver says is of no meaning; unread it would hold back the end.
  socket.resume()
  try {
    await Promise.race([closed, flushed(socket, peer, bytes)])
    await Promise.race([closed, clock.sleep(settleMs, signal)])
    if (hasEnded) throw new Error('the receiver closed the connection before it had read all')
    if (!peer.awaitsClose) return
    socket.end()
    await closed
  } finally {
    signal.removeEventListener('abort', onAbort)
    socket.destroy()
  }
}

async function flushed(socket: Socket, { tls }: SyslogPeer, bytes: Buffer): Promise<void> {
  await once(socket, tls === undefined ? 'connect' : 'secureConnect')
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()))
}

function openStream({ host, port, tls }: SyslogPeer): Socket {
  // The end of the other side must not end ours before all is written.
  const options = { host, port, allowHalfOpen: true }
  if (tls === undefined) return connectTcp(options)
  const name = isIP(host) === 0 ? { servername: host } : {}
  return connectTls({ ...options, ...name, minVersion: 'TLSv1.2', ...tls })
}

/** A receiver's buffer holds some eighty of our messages as Linux counts them; what has no room there is lost. */
const datagramsAtOnce = 40
const datagramPauseMs = 20

/** One datagram a message (RFC 5426). That all were handed to the network is all that is known. */
export async function sendDatagrams(
  { host, port }: SyslogPeer,
  messages: readonly Buffer[],
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  const failed = new Promise<never>((_, reject) => {
    socket.on('error', reject)
    signal.addEventListener('abort', () => reject(new Error('stopped while waiting')), {
      once: true,
    })
  })
  failed.catch(() => undefined)
  const send = async (): Promise<void> => {
    // Connected, it hears of a port that nobody listens on.
    await new Promise<void>((resolve, reject) =>
      // The types leave out what the callback gets when the name is unknown.
      socket.connect(port, host, (...[error]: unknown[]) =>
        error === undefined ? resolve() : reject(error),
      ),
    )
    for (const [index, message] of messages.entries()) {
      if (index > 0 && index % datagramsAtOnce === 0) await clock.sleep(datagramPauseMs, signal)
      await new Promise<void>((resolve, reject) =>
        socket.send(message, (error) => (error === null ? resolve() : reject(error))),
      )
    }
  }
  try {
    await Promise.race([failed, send()])
  } finally {
    socket.close()
  }
}
