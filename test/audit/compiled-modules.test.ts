import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { compiledScannerText } from '../support/compiled-scanner.ts'

it('the module of the scanner is what its source gives, byte for byte', async () => {
  const path = 'src/audit/scanner-module.ts'
  const expected = await compiledScannerText()
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(path, expected)
  expect(readFileSync(path, 'utf8')).toBe(expected)
})
