import { isLoopback } from '../util/listen.ts'

/**
 * True when a request's Host is one by which this machine reaches itself. A page on the internet whose name is made
 * to resolve to 127.0.0.1 (DNS rebinding) sends its own name, and must not read what we serve to loopback.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  // Without the header (HTTP/1.0) it is no browser.
  if (host === undefined) return true
  const name = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(host)
  return name !== null && isLoopback((name[1] ?? name[2] ?? '').toLowerCase())
}
