import { describe, expect, it } from 'vitest'
import { redactedEvent, redactedText, redactedUri } from './support.ts'

const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.CANARY-signature'

describe('a requestURI', () => {
  it.each([
    ['/api/v1/pods?access_token=CANARY&limit=5', '/api/v1/pods?access_token=redacted:6&limit=5'],
    ['/x?password=CANARY', '/x?password=redacted:6'],
    [
      '/x?api_key=CANARY&key=CANARY&sig=CANARY',
      '/x?api_key=redacted:6&key=redacted:6&sig=redacted:6',
    ],
    ['/x?%70assword=CANARY', '/x?%70assword=redacted:6'],
    ['/x?%2570assword=CANARY', '/x?%2570assword=redacted:6'],
    ['/x?clientSecret=a%20CANARY%26b&z=1', '/x?clientSecret=redacted:10&z=1'],
    ['/x?token=', '/x?token='],
  ])('loses the values of parameters with the name of a credential: %s', (uri, expected) => {
    expect(redactedUri(uri)).toBe(expected)
  })

  it.each([
    '/api/v1/secrets?limit=500&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MTB9',
    '/api/v1/pods?fieldSelector=spec.nodeName%3Dworker-01&resourceVersion=7&watch=true',
    '/apis/apps/v1/deployments?labelSelector=app%3Dweb%2Ctier%21%3Ddb&timeoutSeconds=9',
    '/api/v1/namespaces/a/secrets/token?timeout=10s',
    '/api/v1/nodes/a/proxy/run/ns/pod/c?cmd=cat%20/var/run/secrets/token',
    '/x?secretName=a&tokenFile=b',
    '/x/exec?command=sh&command=-c&command=env+%7C+grep+-i+PASSWORD%3B+id&container=c',
    '/x/exec?command=mysql&command=-p&command=-P&command=3306',
    '/x/exec?command=ssh&command=-p&command=2222&command=h',
    '/x/exec?command=psql&command=%24%7BDB_PASSWORD%7D&command=PASSWORD%3D%24PASSWORD',
  ])('stays when it holds none: %s', (uri) => {
    const item = JSON.stringify({ auditID: '1', requestURI: uri })
    expect(redactedText(item)).toBe(item)
  })

  it.each([
    [
      'command=mysql&command=-pCANARY&command=-e&command=select+1',
      'command=mysql&command=-predacted:6&command=-e&command=select+1',
    ],
    [
      'command=sh&command=-c&command=mysql+-u+a+-pCANARY+-e+x',
      'command=sh&command=-c&command=mysql+-u+a+-predacted:6+-e+x',
    ],
    ['command=a&command=--password%3DCANARY', 'command=a&command=--password%3Dredacted:6'],
    [
      'command=a&command=--token&command=CANARY&command=-v',
      'command=a&command=--token&command=redacted:6&command=-v',
    ],
    [
      'command=env&command=PGPASSWORD%3DCANARY&command=psql',
      'command=env&command=PGPASSWORD%3Dredacted:6&command=psql',
    ],
    [
      'command=curl&command=-H&command=Authorization%3A+Bearer+CANARY',
      'command=curl&command=-H&command=Authorization%3A+Bearer+redacted:6',
    ],
    [
      'command=curl&command=-u&command=me%3ACANARY',
      'command=curl&command=-u&command=me%3Aredacted:6',
    ],
    [
      'command=curl&command=https%3A%2F%2Fme%3ACANARY%40h%2Fx',
      'command=curl&command=https%3A%2F%2Fme%3Aredacted:6%40h%2Fx',
    ],
    [
      'command=sh&command=-c&command=docker+login+-p+%27CANARY+x%27+h',
      'command=sh&command=-c&command=docker+login+-p+%27redacted:8%27+h',
    ],
    [
      'command=sh&command=-c&command=redis-cli+-a+CANARY%3Bls',
      'command=sh&command=-c&command=redis-cli+-a+redacted:6%3Bls',
    ],
    [
      'command=sshpass&command=-p&command=CANARY&command=ssh',
      'command=sshpass&command=-p&command=redacted:6&command=ssh',
    ],
  ])('keeps every word of a command but its credentials: %s', (query, expected) => {
    expect(redactedUri(`/x/exec?${query}&stdin=true`)).toBe(`/x/exec?${expected}&stdin=true`)
  })

  it.each([
    [
      '/api/v1/pods?labelSelector=token%3DCANARY&limit=1',
      '/api/v1/pods?labelSelector=token%3Dredacted:6&limit=1',
    ],
    [
      '/api/v1/pods?limit=1&labelSelector=a%3Db%2Capi-key%3D%3DCANARY',
      '/api/v1/pods?limit=1&labelSelector=a%3Db%2Capi-key%3D%3Dredacted:6',
    ],
    [`/proxy/${jwt}/x`, '/proxy/redacted:53/x'],
    [`/x?continue=${jwt}`, '/x?continue=redacted:53'],
    ['/x?q=Bearer+CANARY1', '/x?q=Bearer+redacted:7'],
    ['/x?limit=bearer+CANARY1', '/x?limit=bearer+redacted:7'],
    ['/x?limit=bearer%20CANARY1', '/x?limit=bearer%20redacted:7'],
    [
      '/x?u=https%253A%252F%252Fme%253ACANARY%2540h',
      '/x?u=https%253A%252F%252Fme%253Aredacted:6%2540h',
    ],
    ['/proxy/password=CANARY/x', '/proxy/password=redacted:8'],
    ['/proxy/http://me:CANARY@h/x', '/proxy/http://me:redacted:6@h/x'],
  ])('loses what looks like a credential anywhere in it: %s', (uri, expected) => {
    expect(redactedUri(uri)).toBe(expected)
  })

  it('is redacted in its escaped form, of which the rest stays byte for byte', () => {
    const item =
      '{"auditID":"1","requestURI":"/x?a=%C3%A9\\u0026token=CANARY\\u0026b=\\u003c\\/c\\u00e9"}'
    expect(redactedText(item)).toMatch(
      /^\{"auditID":"1","requestURI":"\/x\?a=%C3%A9\\u0026token=redacted:6:[0-9a-f]{12}\\u0026b=\\u003c\\\/c\\u00e9"\}$/,
    )
  })

  it.each(['/x?token=%', '/x?a=%zz%4&token=%E0%A4', '/%?&&=&=a&token', '/x?%%%=%%'])(
    'with malformed escapes does no harm: %s',
    (uri) => {
      expect(() => redactedEvent({ auditID: '1', requestURI: uri })).not.toThrow()
    },
  )

  it.each([
    '/x?q=Bearer+CANARY1',
    '/x?u=https://CANARYCANARYCANARYCANARY@h/&w=https://CANARYCANARYCANARYCANARY:CANARY@h&v=https://me:CANARY@h',
    '/x?token=CANARY&labelSelector=secret%3DCANARY',
    '/x/exec?command=mysql&command=-pCANARY&command=curl&command=-ume:CANARY&command=--token%3DCANARY',
  ])('does not change again: %s', (uri) => {
    const once = redactedText(JSON.stringify({ requestURI: uri }))
    expect(once).not.toContain('CANARY')
    expect(redactedText(once)).toBe(once)
  })

  it('is found under any key that may be read as requestURI, wherever it stands', () => {
    const item =
      '{"requestURI":"/x","requestURI":"/x?token=CANARY","request\\u0055RI":"/x?token=CANARY"}'
    expect(redactedText(item)).not.toContain('CANARY')
  })
})
