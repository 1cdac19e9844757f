import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/util/secret.ts'

describe('a secret', () => {
  it('prints as <redacted> wherever it is put, and is revealed only on demand', () => {
    const secret = new Secret('CANARY')
    const shown = [
      String(secret),
      `${secret}`,
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
      Object.keys(secret).join(),
    ]
    expect(shown).toEqual([
      '<redacted>',
      '<redacted>',
      '{"secret":"<redacted>"}',
      '<redacted>',
      '{ deep: { secret: <redacted> } }',
      '',
    ])
    expect(secret.reveal()).toBe('CANARY')
  })
})
