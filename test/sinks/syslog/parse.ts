/** A message of RFC 5424, taken apart. */
export interface ParsedMessage {
  readonly facility: number
  readonly severity: number
  readonly timestamp: string
  readonly hostname: string
  readonly appName: string
  readonly procId: string
  readonly msgId: string
  readonly structuredData: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly text: string
}

const header =
  /^<(\d{1,3})>1 (-|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)) ([\x21-\x7e]{1,255}) ([\x21-\x7e]{1,48}) ([\x21-\x7e]{1,128}) ([\x21-\x7e]{1,32}) /
const sdName = /^[\x21\x23-\x3c\x3e-\x5c\x5e-\x7e]{1,32}/
const sdValue = /^="((?:[^"\\\]]|\\["\\\]])*)"/

/** The grammar of RFC 5424 §6, to the letter; throws where a message breaks it. */
export function parseSyslog(bytes: Buffer): ParsedMessage {
  const message = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  const head = header.exec(message)
  if (head === null) throw new Error(`no header: ${message.slice(0, 80)}`)
  const [whole, priority, timestamp, hostname, appName, procId, msgId] = head
  if (Number(priority) > 191) throw new Error(`priority ${priority}`)
  let rest = message.slice(whole.length)
  const take = (pattern: RegExp): string[] => {
    const found = pattern.exec(rest)
    if (found === null) throw new Error(`expected ${pattern} at: ${rest.slice(0, 80)}`)
    rest = rest.slice(found[0].length)
    return [...found]
  }
  const structuredData: Record<string, Record<string, string>> = {}
  if (rest.startsWith('-')) take(/^-/)
  else {
    while (rest.startsWith('[')) {
      take(/^\[/)
      const values: Record<string, string> = {}
      structuredData[take(sdName)[0]!] = values
      while (rest.startsWith(' ')) {
        take(/^ /)
        const [name = ''] = take(sdName)
        values[name] = take(sdValue)[1]!.replace(/\\(["\\\]])/g, '$1')
      }
      take(/^\]/)
    }
    if (Object.keys(structuredData).length === 0) throw new Error('no structured data')
  }
  if (rest !== '' && !rest.startsWith(' ')) throw new Error(`no space before: ${rest}`)
  const text = rest.slice(1)
  if (!/^[\x00-\x7f]*$/.test(text) && !text.startsWith('\ufeff')) throw new Error('UTF-8 unmarked')
  return {
    facility: Math.floor(Number(priority) / 8),
    severity: Number(priority) % 8,
    timestamp: timestamp!,
    hostname: hostname!,
    appName: appName!,
    procId: procId!,
    msgId: msgId!,
    structuredData,
    text: text.replace(/^\ufeff/, ''),
  }
}

/** The messages of octet-counted frames (RFC 6587 §3.4.1); throws when the last one is not whole. */
export function unframe(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const digits = /^([1-9]\d{0,5}) /.exec(bytes.toString('latin1', at, at + 7))
    if (digits === null) throw new Error(`no length at byte ${at}`)
    const start = at + digits[0].length
    const end = start + Number(digits[1])
    if (end > bytes.length) throw new Error(`${end - bytes.length} bytes are missing`)
    messages.push(bytes.subarray(start, end))
    at = end
  }
  return messages
}
