import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isRecord, messageError } from './slack-limits.ts'

/** A message in a channel, as the stand-in keeps it. */
export interface StandInMessage {
  readonly channel: string
  readonly ts: string
  /** Of the message that it stands under. */
  readonly threadTs?: string
  readonly isBroadcast: boolean
  text: string
  blocks: unknown
  isEdited: boolean
}

export interface SlackStandIn {
  readonly webhookUrl: string
  readonly apiUrl: string
  readonly token: string
  readonly channel: string
  readonly messages: readonly StandInMessage[]
  /** How often it has answered 429. */
  readonly limited: number
  /** The channel is archived, the bot was taken out of it, the token was revoked; or nothing is wrong. */
  trouble: 'is_archived' | 'not_in_channel' | 'token_revoked' | undefined
  /** Somebody deletes a message. */
  delete(ts: string): void
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly body: object | string
  readonly retryAfter?: number
}

const token = 'xoxb-CANARY-token'
const channel = 'C0123456789'
const webhookPath = '/services/T000/B000/CANARY'

/**
 * A stand-in for Slack, on loopback: there is no Slack to run. It refuses what Slack's documentation says that it refuses, in its
 * words, takes one message a second in a channel by the clock given, and keeps what it took. Other errors it does not know.
 */
export async function startSlackStandIn(clock: { nowMs(): number }): Promise<SlackStandIn> {
  const messages: StandInMessage[] = []
  let limited = 0
  let lastMs = Number.NEGATIVE_INFINITY
  const isTooFast = (): boolean => {
    const nowMs = clock.nowMs()
    if (nowMs - lastMs < 1_000) {
      limited++
      return true
    }
    lastMs = nowMs
    return false
  }
  const add = (body: Readonly<Record<string, unknown>>, threadTs?: string): StandInMessage => {
    const message: StandInMessage = {
      channel,
      ts: `${Math.floor(clock.nowMs() / 1000)}.${String(messages.length + 1).padStart(6, '0')}`,
      ...(threadTs === undefined ? {} : { threadTs }),
      isBroadcast: body['reply_broadcast'] === true,
      text: String(body['text'] ?? ''),
      blocks: body['blocks'],
      isEdited: false,
    }
    messages.push(message)
    return message
  }

  const webhook = (body: Readonly<Record<string, unknown>> | undefined): Answer => {
    if (standIn.trouble === 'is_archived') return { status: 410, body: 'channel_is_archived' }
    if (standIn.trouble !== undefined) return { status: 403, body: 'invalid_token' }
    if (body === undefined) return { status: 400, body: 'invalid_payload' }
    const error = messageError(body)
    if (error !== undefined) return { status: 400, body: error }
    if (isTooFast()) return { status: 429, body: 'rate_limited', retryAfter: 1 }
    add(body)
    return { status: 200, body: 'ok' }
  }

  /** Status 200 and a word for everything but the rate. */
  const method = (
    name: string | undefined,
    authorization: string | undefined,
    body: Readonly<Record<string, unknown>> | undefined,
  ): Answer => {
    const failed = (error: string): Answer => ({ status: 200, body: { ok: false, error } })
    const { trouble } = standIn
    if (authorization === undefined) return failed('not_authed')
    if (authorization !== `Bearer ${token}`) return failed('invalid_auth')
    if (trouble === 'token_revoked') return failed(trouble)
    if (body === undefined) return failed('invalid_json')
    if (body['channel'] !== channel) return failed('channel_not_found')
    if (trouble !== undefined) return failed(trouble)
    const error = messageError(body)
    if (error !== undefined) return failed(error)
    if (name !== 'chat.postMessage' && name !== 'chat.update') return failed('unknown_method')
    const there = (ts: unknown): StandInMessage | undefined =>
      messages.find((message) => message.ts === ts)
    const threadTs = body['thread_ts']
    if (name === 'chat.update' && there(body['ts']) === undefined)
      return failed('message_not_found')
    if (threadTs !== undefined && there(threadTs) === undefined) return failed('thread_not_found')
    if (isTooFast())
      return { status: 429, body: { ok: false, error: 'ratelimited' }, retryAfter: 1 }
    if (name === 'chat.postMessage') {
      const { ts } = add(body, typeof threadTs === 'string' ? threadTs : undefined)
      return { status: 200, body: { ok: true, channel, ts, message: {} } }
    }
    const edited = there(body['ts'])!
    Object.assign(edited, { text: body['text'], blocks: body['blocks'], isEdited: true })
    return { status: 200, body: { ok: true, channel, ts: edited.ts, text: edited.text } }
  }

  const server = createServer((request, response) => {
    void readJson(request).then((body) => {
      if (request.method !== 'POST') return reply(response, { status: 405, body: '' })
      if (request.url === webhookPath) return reply(response, webhook(body))
      const [, name] = /^\/api\/([a-z.A-Z]+)$/.exec(request.url ?? '') ?? []
      if (name === undefined) return reply(response, { status: 404, body: 'no_service' })
      return reply(response, method(name, request.headers.authorization, body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A server that listens on a port has this kind of address.
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const standIn: SlackStandIn = {
    webhookUrl: `${origin}${webhookPath}`,
    apiUrl: `${origin}/api`,
    token,
    channel,
    messages,
    get limited() {
      return limited
    },
    trouble: undefined,
    delete: (ts) => {
      messages.splice(
        messages.findIndex((message) => message.ts === ts),
        1,
      )
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return standIn
}

async function readJson(
  request: IncomingMessage,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const chunks: Buffer[] = []
  // No encoding is set, so chunks are buffers.
  for await (const chunk of request) chunks.push(chunk as Buffer)
  try {
    const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    return isRecord(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

function reply(response: ServerResponse, { body, retryAfter, status }: Answer): void {
  response.statusCode = status
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter))
  response.setHeader('content-type', typeof body === 'string' ? 'text/html' : 'application/json')
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}
