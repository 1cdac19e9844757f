import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

/** What the server says to the text of a mail, or `undefined` for never. */
export type MailAnswer = { readonly code: number; readonly text: string } | 'taken' | undefined

export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  readonly user: string | undefined
  readonly isSecure: boolean
  /** Header fields by lower-case name, unfolded. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** A mail server on loopback that really speaks SMTP, STARTTLS and TLS. */
export interface MailServer {
  readonly port: number
  readonly mails: ReceivedMail[]
  answer: (mail: ReceivedMail) => MailAnswer
  refusedRecipients: ReadonlySet<string>
  close(): Promise<void>
}

export async function startMailServer(options: {
  readonly security: 'starttls' | 'tls' | 'none'
  readonly cert?: string
  readonly key?: string
  readonly login?: { readonly username: string; readonly password: string }
}): Promise<MailServer> {
  const { security, login, cert, key } = options
  const smtp = new SMTPServer({
    secure: security === 'tls',
    ...(cert === undefined ? {} : { cert, key }),
    disabledCommands: [
      ...(security === 'none' ? ['STARTTLS'] : []),
      ...(login === undefined ? ['AUTH'] : []),
    ],
    authOptional: login === undefined,
    disableReverseLookup: true,
    onAuth: ({ username, password }, _session, done) => {
      const isRight = username === login?.username && password === login?.password
      if (isRight) done(null, { user: username ?? '' })
      else done(new Error('Invalid username or password'))
    },
    onRcptTo: ({ address }, _session, done) =>
      server.refusedRecipients.has(address)
        ? done(Object.assign(new Error('no such user'), { responseCode: 550 }))
        : done(),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        const mail = {
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          user: typeof session.user === 'string' ? session.user : undefined,
          isSecure: session.secure,
          ...takeApart(Buffer.concat(chunks).toString('latin1')),
        }
        const answer = server.answer(mail)
        if (answer === 'taken') {
          server.mails.push(mail)
          done()
        } else if (answer !== undefined) {
          done(Object.assign(new Error(answer.text), { responseCode: answer.code }))
        }
      })
    },
  })
  smtp.on('error', () => undefined)
  const listener = smtp.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const server: MailServer = {
    port: (listener.address() as AddressInfo).port,
    mails: [],
    answer: () => 'taken',
    refusedRecipients: new Set(),
    close: () => new Promise((resolve) => smtp.close(() => resolve())),
  }
  return server
}

/** Of a mail with one text part in quoted-printable, base64 or 7bit. */
function takeApart(raw: string): Pick<ReceivedMail, 'headers' | 'text'> {
  const end = raw.indexOf('\r\n\r\n')
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), decodeWords(line.slice(colon + 1).trim())]
    }),
  )
  const body = raw.slice(end + 4)
  const encoding = headers['content-transfer-encoding']
  const bytes =
    encoding === 'base64'
      ? Buffer.from(body, 'base64')
      : encoding === 'quoted-printable'
        ? fromQuotedPrintable(body.replace(/=\r\n/g, ''))
        : Buffer.from(body, 'latin1')
  return { headers, text: bytes.toString('utf8').replaceAll('\r\n', '\n') }
}

/** Encoded words of RFC 2047. */
function decodeWords(value: string): string {
  return value
    .replace(/\?= =\?/g, '?==?')
    .replace(/=\?UTF-8\?([QB])\?([^?]*)\?=/gi, (_, encoding: string, text: string) =>
      encoding.toUpperCase() === 'B'
        ? Buffer.from(text, 'base64').toString('utf8')
        : fromQuotedPrintable(text.replaceAll('_', ' ')).toString('utf8'),
    )
}

function fromQuotedPrintable(text: string): Buffer {
  return Buffer.from(
    text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    ),
    'latin1',
  )
}
