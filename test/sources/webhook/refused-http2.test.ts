import { type TLSSocket, connect as tlsConnect } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { type Harness, startHarness } from './harness.ts'

/** Frames of RFC 9113 by hand, for only they show in which order an answer and a reset arrive. */
interface Frame {
  readonly type: number
  readonly flags: number
  readonly payload: Buffer
}
const DATA = 0
const HEADERS = 1
const RST_STREAM = 3
const SETTINGS = 4
const END_STREAM = 1
const END_HEADERS = 4

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** HPACK, each field literal and not indexed (RFC 7541, 6.2.2); texts shorter than 127 bytes. */
function fields(headers: Readonly<Record<string, string>>): Buffer {
  const text = (value: string) => [Buffer.from([value.length]), Buffer.from(value)]
  return Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => [
      Buffer.from([0]),
      ...text(name),
      ...text(value),
    ]),
  )
}

async function framesUntilReset(socket: TLSSocket): Promise<Frame[]> {
  let bytes = Buffer.alloc(0)
  const frames: Frame[] = []
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk as Buffer])
    while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
      const end = 9 + bytes.readUIntBE(0, 3)
      frames.push({ type: bytes[3]!, flags: bytes[4]!, payload: bytes.subarray(9, end) })
      bytes = bytes.subarray(end)
      if (frames.at(-1)?.type === RST_STREAM) return frames
    }
  }
  return frames
}

describe('an HTTP/2 sender in the middle of a body that is too large', () => {
  let harness: Harness
  afterEach(() => harness.stop())

  it('gets the whole answer with its end, and only then the reset without an error', async () => {
    harness = await startHarness({ config: { maxBodyBytes: 102_400 } })
    const { address } = harness.source
    const socket = tlsConnect({ ...address, ca: harness.ca, ALPNProtocols: ['h2'] })
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    socket.write(frame(SETTINGS, 0, 0, Buffer.alloc(0)))
    const request = {
      ':method': 'POST',
      ':scheme': 'https',
      ':authority': 'localhost',
      ':path': '/audit/default',
      authorization: `Bearer ${harness.token}`,
      'content-length': '300000000',
    }
    socket.write(frame(HEADERS, END_HEADERS, 1, fields(request)))
    socket.write(frame(DATA, 0, 1, Buffer.alloc(16_000)))
    const frames = await framesUntilReset(socket)
    socket.destroy()
    const last = frames.at(-1)
    const end = frames.findIndex(({ type, flags }) => type === DATA && (flags & END_STREAM) !== 0)
    const text = frames.filter(({ type }) => type === DATA).map(({ payload }) => String(payload))
    expect(text.join('')).toContain('--audit-webhook-truncate-enabled')
    expect(end).toBeGreaterThan(0)
    expect([last?.type, last?.payload.readUInt32BE(0)]).toEqual([RST_STREAM, 0])
  })
})
