import { createHash, createHmac } from 'node:crypto'
import type { ReceivedRequest } from '../scripted-server.ts'

/**
 * Checks a request as Amazon documents Signature Version 4 ("Create a signed AWS API request"), from what was received
 * alone. Returns what is wrong, or nothing.
 */
export function signatureProblem(
  request: Pick<ReceivedRequest, 'method' | 'path' | 'headers'> & { readonly bytes: Buffer },
  secretAccessKey: string,
): string | undefined {
  const { method, path, headers, bytes } = request
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/((\d{8})\/([^/]+)\/s3\/aws4_request), SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/.exec(
      String(headers['authorization']),
    )
  if (found === null) return 'no authorization'
  const [, , scope = '', date = '', region = '', names = '', signature] = found
  const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
  const hmac = (key: string | Buffer, data: string) =>
    createHmac('sha256', key).update(data).digest()
  if (headers['x-amz-content-sha256'] !== sha256(bytes)) return 'the body is another'
  const signed = names.split(';')
  for (const name of ['host', ...Object.keys(headers).filter((key) => key.startsWith('x-amz-'))]) {
    if (!signed.includes(name)) return `${name} is not signed`
  }
  const canonical = [
    method,
    // Keys of ours hold nothing that would be encoded but the equals sign.
    path.replaceAll('=', '%3D'),
    '',
    ...signed.map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    names,
    headers['x-amz-content-sha256'],
  ].join('\n')
  const time = String(headers['x-amz-date'])
  if (!time.startsWith(date)) return 'the dates differ'
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')
  const key = [date, region, 's3', 'aws4_request'].reduce(
    (previous: string | Buffer, part) => hmac(previous, part),
    `AWS4${secretAccessKey}`,
  )
  return hmac(key, text).toString('hex') === signature ? undefined : 'the signature is another'
}
