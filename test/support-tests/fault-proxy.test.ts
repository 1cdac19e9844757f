import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setImmediate as tick } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFaultProxy, type FaultProxy } from '../support/fault-proxy.ts'

let echo: Server
let proxy: FaultProxy
let arrived: Buffer[]
let clients: Client[]

beforeEach(async () => {
  arrived = []
  clients = []
  echo = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      arrived.push(chunk)
      socket.write(chunk)
    })
  })
  await once(echo.listen(0, '127.0.0.1'), 'listening')
  proxy = await createFaultProxy({ targetPort: (echo.address() as AddressInfo).port }) // TCP and listening
})

afterEach(async () => {
  await proxy.close()
  for (const client of clients) client.socket.destroy()
  await once(echo.close(), 'close')
})

interface Client {
  readonly socket: Socket
  /** Resolves to the code of its error, or `end`. */
  readonly closed: Promise<string>
  received(): string
}

function dial(): Client {
  const chunks: Buffer[] = []
  const socket = connect(proxy.port, '127.0.0.1')
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  const closed = new Promise<string>((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.on('close', () => resolve('end'))
  })
  const client = { socket, closed, received: () => Buffer.concat(chunks).toString() }
  clients.push(client)
  return client
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error('it never happened')
    await tick()
  }
}

/** A connection over which one word has gone there and back. */
async function dialled(): Promise<Client> {
  const client = dial()
  client.socket.write('hello ')
  await until(() => client.received() === 'hello ')
  return client
}

describe('the fault proxy', () => {
  it('passes bytes both ways, and the end', async () => {
    const client = await dialled()
    expect(proxy.connections).toBe(1)
    client.socket.end()
    expect(await client.closed).toBe('end')
    await until(() => proxy.connections === 0)
  })

  it('passes many bytes whole and in order', async () => {
    const client = dial()
    const bytes = Buffer.alloc(8 * 1024 * 1024, 'abcdefghijklmno')
    client.socket.write(bytes)
    await until(() => client.received().length === bytes.length)
    expect(client.received() === bytes.toString()).toBe(true)
  })

  it('delays both ways, and keeps the order when the delay ends', async () => {
    const client = await dialled()
    await proxy.setFault({ kind: 'delay', ms: 60 })
    const startedMs = performance.now()
    client.socket.write('slow ')
    await until(() => client.received() === 'hello slow ')
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(118)

    client.socket.write('first ')
    await until(() => client.socket.writableLength === 0)
    await tick()
    await proxy.setFault({ kind: 'none' })
    client.socket.write('second')
    await until(() => client.received().endsWith('second'))
    expect(client.received()).toBe('hello slow first second')
  })

  it('cuts after so many bytes to the target, on open and new connections', async () => {
    const client = await dialled()
    await proxy.setFault({ kind: 'cut-after-bytes', bytes: 3, direction: 'up' })
    client.socket.write('abcdef')
    await client.closed
    expect(Buffer.concat(arrived).toString()).toBe('hello abc')

    arrived.length = 0
    const next = dial()
    next.socket.write('ab')
    await until(() => next.received() === 'ab')
    next.socket.write('cdef')
    await next.closed
    expect(Buffer.concat(arrived).toString()).toBe('abc')
  })

  it('cuts after so many bytes to the client: the target has it all, the answer is torn', async () => {
    const client = await dialled()
    await proxy.setFault({ kind: 'cut-after-bytes', bytes: 3, direction: 'down' })
    client.socket.write('abcdef')
    await client.closed
    expect(Buffer.concat(arrived).toString()).toBe('hello abcdef')
    expect(client.received()).toBe('hello abc')
  })

  it('resets open connections and new ones, and is well again afterwards', async () => {
    const client = await dialled()
    await proxy.setFault({ kind: 'reset' })
    expect(await client.closed).toBe('ECONNRESET')
    const next = dial()
    next.socket.write('x')
    expect(await next.closed).toBe('ECONNRESET')
    await proxy.setFault({ kind: 'none' })
    await dialled()
  })

  it('swallows everything as a black hole, and lets it out afterwards', async () => {
    const client = await dialled()
    await proxy.setFault({ kind: 'black-hole' })
    client.socket.write('gone ')
    const next = dial()
    next.socket.write('also gone')
    await once(next.socket, 'connect')
    // Nothing can be waited for; a hundred turns of the loop are many times what one passage takes.
    for (let i = 0; i < 100; i++) await tick()
    expect([client.received(), next.received(), arrived.length]).toEqual(['hello ', '', 1])

    await proxy.setFault({ kind: 'none' })
    await until(() => client.received() === 'hello gone ' && next.received() === 'also gone')
  })

  it('refuses connections, then listens on the same port again', async () => {
    const client = await dialled()
    const { port } = proxy
    await proxy.setFault({ kind: 'refuse' })
    expect(await client.closed).toBe('ECONNRESET')
    expect(await dial().closed).toBe('ECONNREFUSED')
    await proxy.setFault({ kind: 'none' })
    expect(proxy.port).toBe(port)
    await dialled()
  })

  it('closes with whatever fault is on, and leaves no connection', async () => {
    await dialled()
    await proxy.setFault({ kind: 'black-hole' })
    await proxy.close()
    expect(proxy.connections).toBe(0)
    expect(await dial().closed).toBe('ECONNREFUSED')
  })
})
