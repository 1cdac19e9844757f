import type { Server, Socket } from 'node:net'

/** First byte of every TLS connection: a handshake record (RFC 8446, section 5.1). */
const handshakeRecord = 0x16
const reason = 'this port speaks HTTPS; begin the address with https://\n'
const answer = [
  'HTTP/1.1 400 Bad Request',
  'Content-Type: text/plain; charset=utf-8',
  `Content-Length: ${reason.length}`,
  'Connection: close',
  '',
  reason,
].join('\r\n')

export interface PlainHttpOptions {
  /** How long a connection may wait before its first byte. */
  readonly firstByteTimeoutMs: number
  readonly onPlainHttp: (socket: Socket) => void
}

/**
 * Looks at the first byte of each connection before the TLS layer gets it, and tells a client that speaks plain
 * HTTP so in words it can read; TLS itself could only send an alert.
 */
export function answerPlainHttp(server: Server, options: PlainHttpOptions): void {
  const listeners = server.listeners('connection')
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    const handOver = () => {
      // The listeners are those of this very event.
      for (const listener of listeners) listener.call(server, socket)
    }
    const drop = () => socket.destroy()
    const onReadable = () => {
      const chunk: unknown = socket.read()
      if (!(chunk instanceof Uint8Array) || chunk.length === 0) return
      socket.off('readable', onReadable)
      for (const event of ['timeout', 'end', 'error']) socket.off(event, drop)
      socket.setTimeout(0)
      if (chunk[0] !== handshakeRecord && isLetter(chunk[0]!)) {
        options.onPlainHttp(socket)
        socket.on('error', drop)
        socket.end(answer, () => socket.destroySoon())
        return
      }
      socket.unshift(chunk)
      handOver()
    }
    socket.setTimeout(options.firstByteTimeoutMs)
    for (const event of ['timeout', 'end', 'error']) socket.on(event, drop)
    socket.on('readable', onReadable)
  })
}

/** Methods are letters. */
function isLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)
}
