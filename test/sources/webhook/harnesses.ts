import type { Socket } from 'node:net'
import { type TLSSocket, connect as tlsConnect } from 'node:tls'
import { afterEach } from 'vitest'
import { type Harness, type HarnessOptions, metricLines, startHarness } from './harness.ts'

export interface HarnessesOfTests {
  readonly start: (options?: HarnessOptions) => Promise<Harness>
  /** A TLS connection on which the test writes bytes itself, and what came back so far. */
  readonly rawTls: (
    harness: Harness,
  ) => Promise<{ readonly socket: TLSSocket; readonly received: () => string }>
  /** What is put here is destroyed behind each test. */
  readonly sockets: Socket[]
}

/** Started sources for the tests of the file, stopped behind each of them. */
export function harnessesOfTests(): HarnessesOfTests {
  const running: Harness[] = []
  const sockets: Socket[] = []
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    for (const harness of running.splice(0)) await harness.stop()
  })
  return {
    sockets,
    start: async (options = {}) => {
      const harness = await startHarness(options)
      running.push(harness)
      return harness
    },
    rawTls: async ({ ca, source }) => {
      let received = ''
      const socket = tlsConnect({ ...source.address, ca })
      sockets.push(socket)
      socket.on('data', (chunk: Buffer) => {
        received += chunk.toString()
      })
      socket.on('error', () => undefined)
      await new Promise((resolve) => socket.once('secureConnect', resolve))
      return { socket, received: () => received }
    },
  }
}

/** The head of a request over HTTP/1.1, for a test that writes bytes itself. */
export function head({ token }: Harness, contentLength: number): string {
  return `POST /audit/default HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${contentLength}\r\n\r\n`
}

export async function inFlightBytes({ metrics }: Harness): Promise<number> {
  const [line] = await metricLines(metrics, 'kubewitness_requests_in_flight_bytes')
  return Number(line?.split(' ')[1])
}
