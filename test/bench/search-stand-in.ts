import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

/** What it does with what is written to it. */
export const answers = ['takes all', 'is slow', 'hangs', 'refuses (429)'] as const
export type Answer = (typeof answers)[number]

const slowMs = 2000
const NEWLINE = 0x0a

/**
 * Enough of Elasticsearch to write to: a real one beside the service would take the processor that is measured. In a thread of its
 * own, because in that of the senders what comes to it would be waiting time of theirs.
 */
export async function startStandIn(
  answer: Answer,
): Promise<{ readonly port: number; close(): Promise<unknown> }> {
  const thread = new Worker(new URL(import.meta.url), { workerData: answer })
  const port = await new Promise<number>((resolve, reject) => {
    thread.once('message', resolve)
    thread.once('error', reject)
  })
  return { port, close: () => thread.terminate() }
}

function serve(answer: Answer): void {
  const server = createServer((request, response) => {
    let lines = 0
    request.on('data', (chunk: Buffer) => {
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) lines++
    })
    request.on('end', () => {
      if (answer === 'hangs') return
      response.setHeader('x-elastic-product', 'Elasticsearch')
      response.setHeader('content-type', 'application/json')
      if (answer === 'refuses (429)') response.writeHead(429).end('{}')
      else if (request.method === 'GET') response.writeHead(404).end('{}')
      else {
        const items = new Array(lines / 2).fill({ create: { status: 201 } })
        const send = (): void => void response.end(JSON.stringify({ items }))
        setTimeout(send, answer === 'is slow' ? slowMs : 0)
      }
    })
  })
  // A TCP server that listens has an address of this form.
  server.listen(0, '127.0.0.1', () =>
    parentPort?.postMessage((server.address() as AddressInfo).port),
  )
}

// `startStandIn` starts it with an answer.
if (!isMainThread && answers.includes(workerData as Answer)) serve(workerData as Answer)
