import { once } from 'node:events'
import { connect } from 'node:net'
import type { TlsFiles } from '../../util/tls-files.ts'
import type { Mail } from './message.ts'

export interface SmtpServer {
  readonly host: string
  readonly port: number
  readonly security: 'starttls' | 'tls' | 'none'
  readonly tls: TlsFiles
  readonly login?: { readonly username: string; readonly password: string }
  readonly timeoutMs: number
}

export interface Envelope {
  readonly from: string
  readonly to: readonly string[]
}

/** Sends one mail over a connection of its own, which an abort cuts. Resolves with how many recipients were refused. */
export async function sendMail(
  server: SmtpServer,
  { from, to }: Envelope,
  mail: Mail,
  signal: AbortSignal,
): Promise<number> {
  // Loaded when it is needed, as everything that only some installations use.
  const { createTransport } = await import('nodemailer')
  signal.throwIfAborted()
  const { host, port, security, login } = server
  // Our own, so that there is something to cut: the library takes no signal.
  const socket = connect({ host, port })
  const onAbort = () => socket.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await once(socket, 'connect', { signal })
    const transport = createTransport({
      host,
      port,
      connection: socket,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      tls: { minVersion: 'TLSv1.2', ...server.tls },
      // Behind our own clock, for the case that a socket does not obey.
      greetingTimeout: server.timeoutMs + 5_000,
      socketTimeout: server.timeoutMs + 5_000,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(login === undefined ? {} : { auth: { user: login.username, pass: login.password } }),
    })
    const { rejected } = await transport.sendMail({
      from: { name: 'Kubewitness', address: from },
      to: [...to],
      subject: mail.subject,
      text: mail.text,
      messageId: `<${mail.id}@${from.slice(from.lastIndexOf('@') + 1)}>`,
      priority: mail.isUrgent ? 'high' : 'normal',
      // RFC 3834: no out-of-office answers, please.
      headers: { 'Auto-Submitted': 'auto-generated' },
    })
    return rejected.length
  } finally {
    signal.removeEventListener('abort', onAbort)
    socket.destroy()
  }
}
