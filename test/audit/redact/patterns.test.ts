import { describe, expect, it } from 'vitest'
import { leastCpuUs } from '../../bench/cpu.ts'
import { newRedactor, redactedEvent, redactedText, withoutHashes } from './support.ts'

const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.CANARY-signature'
const pem = (label: string) => `-----BEGIN ${label}-----\nCANARY\n+/=\n-----END ${label}-----`

function redactedAgent(userAgent: string): unknown {
  return withoutHashes(redactedEvent({ auditID: '1', userAgent })['userAgent'])
}

describe('a pattern in any text', () => {
  it.each([
    [`agent ${jwt}, more`, 'agent [redacted:53], more'],
    [`x=${jwt.slice(0, -16)}`, 'x=[redacted:37]'],
    ['eyJhbGciOiJkaXIi.a.b.c.CANARY z', '[redacted:29] z'],
    ['curl Bearer CANARY/1+=', 'curl Bearer [redacted:10]'],
    ['Basic dXNlcjpDQU5BUlk=', 'Basic [redacted:16]'],
    ['https://me:CANARY@h/x and http://h', 'https://me:[redacted:6]@h/x and http://h'],
    ['ssh://git@h/x', 'ssh://git@h/x'],
    ['https://a-user-of-19-chars@h', 'https://a-user-of-19-chars@h'],
    ['https://CANARYCANARYCANARYCA@h', 'https://[redacted:20]@h'],
    ['https://CANARYCANARYCANARYCA:CANARY@h', 'https://[redacted:20]:[redacted:6]@h'],
    ['https://me:@h http://h/:@', 'https://me:@h http://h/:@'],
    [`a ${pem('RSA PRIVATE KEY')} b`, 'a [redacted:72] b'],
    ['-----BEGIN PRIVATE KEY-----\nCANARY', '[redacted:34]'],
    [pem('CERTIFICATE'), pem('CERTIFICATE')],
    ['invalid bearer token', 'invalid bearer token'],
    ['Basic authentication is off', 'Basic authentication is off'],
    ['Bearer [redacted:6:0123456789ab]', 'Bearer [redacted:6]'],
    ['a@example.com', 'a@example.com'],
  ])('%j becomes %j', (text, expected) => {
    expect(redactedAgent(text)).toBe(expected)
  })

  it.each([
    ['user', { username: `Bearer CANARY` }],
    ['sourceIPs', [jwt]],
    ['responseStatus', { message: `http://a:CANARY@h`, details: { causes: [{ message: jwt }] } }],
    ['annotations', { a: `${jwt}`, 'Bearer CANARY': '1' }],
    ['objectRef', { name: 'Basic CANARY0=' }],
    ['Bearer CANARY', 1],
    ['unknown', [[{ a: pem('PRIVATE KEY') }]]],
  ])('is found in %s', (field, value) => {
    const item = JSON.stringify({ auditID: '1', [field]: value })
    expect(redactedText(item)).not.toContain('CANARY')
  })

  it('is found through escapes, and what is beside it keeps its own', () => {
    const item =
      '{"a":"\\u003cx \\u0042earer \\u0043ANARY\\u003d \\ud83d\\ude00\\/","b":"https:\\/\\/me:CANARY@h",' +
      '"c":"eyJh\\u0062GciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.CANARY","n":1.50e+2}'
    expect(JSON.stringify(withoutHashes(redactedText(item)))).toBe(
      JSON.stringify(
        '{"a":"\\u003cx \\u0042earer [redacted:7] \\ud83d\\ude00\\/","b":"https:\\/\\/me:[redacted:6]@h",' +
          '"c":"[redacted:43]","n":1.50e+2}',
      ),
    )
  })

  it('is found though the escapes hide what it is searched by', () => {
    for (const text of [
      'https:\\u002f\\u002fme:CANARY@h',
      '\\u0065yJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.CANARY',
      'https://me:CANARY\\u0040h',
      '-----BEGIN \\u0050RIVATE KEY-----CANARY',
    ]) {
      expect(redactedText(`{"a":"${text}"}`), text).not.toContain('CANARY')
    }
  })

  it('costs time in proportion to the text, however it is made', async () => {
    const redactor = newRedactor()
    const redact = (text: string): void => {
      redactor.redactText(text)
      redactedText(
        JSON.stringify({
          requestURI: `/x?token&${text}`,
          requestObject: { args: [text], env: [{ name: 'a', value: text }] },
        }),
        redactor,
      )
    }
    for (const piece of [
      'eyJ',
      '-----BEGIN ',
      'a@',
      '://',
      'Bearer ',
      'a.',
      '=',
      "'",
      '%',
      'token=',
      '{',
      '\\"',
    ]) {
      const costUs = (length: number): Promise<number> => {
        const text = piece.repeat(length / piece.length)
        return leastCpuUs(() => redact(text), 2)
      }
      const shortUs = Math.max(await costUs(50_000), 2000)
      // Four times the text: 4 in proportion, 16 by the square.
      expect((await costUs(200_000)) / shortUs, piece).toBeLessThan(10)
    }
  })
})

describe('text that could not be decoded', () => {
  it.each([
    ['{"password":"CANARY x","a":1', '{"password":"[redacted:8]","a":1'],
    ['token: CANARY\nname: x', 'token: [redacted:6]\nname: x'],
    ['{\\"apiKey\\":\\"CANARY\\"}', '{\\"apiKey\\":\\"[redacted:6]\\"}'],
    ['\u00e9 Authorization: CANARY', '\u00e9 Authorization: [redacted:6]'],
    [`x ${'aB3/'.repeat(10)}== y`, 'x [redacted:42] y'],
    [
      '{"objectRef":{"resource":"secrets"},"requestObject":{"a":"CANARY',
      '{"objectRef":{"resource":"secrets"},"requestObject":[redacted:12]',
    ],
    ['/api/v1/namespaces/default/configmaps/a', '/api/v1/namespaces/default/configmaps/a'],
    ['nothing here', 'nothing here'],
  ])('%j becomes %j', (text, expected) => {
    expect(withoutHashes(newRedactor().redactText(text))).toBe(expected)
  })

  it('does not change again', () => {
    const redactor = newRedactor()
    const once = redactor.redactText(
      `{"secret":"CANARY","x":"Bearer CANARY1 ${jwt} http://a:CANARY@h`,
    )
    expect(redactor.redactText(once)).toBe(once)
  })
})
