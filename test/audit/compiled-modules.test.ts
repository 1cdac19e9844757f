import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { compiledText, modules } from '../support/compiled-modules.ts'

for (const module of modules)
  it(`${module.path} is what its source gives, byte for byte`, async () => {
    const expected = await compiledText(module)
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(module.path, expected)
    expect(readFileSync(module.path, 'utf8')).toBe(expected)
  })
