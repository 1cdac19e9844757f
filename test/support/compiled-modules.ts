import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { createTemporaryFolder } from './temporary-folder.ts'

const options = ['-O3', '--noAssert', '--enable=simd', '--runtime=stub', '--importMemory']

/** The text of `src/audit/scanner-module.ts`, made from `assembly/`. */
export async function compiledScannerText(): Promise<string> {
  await using folder = await createTemporaryFolder('scanner')
  const file = join(folder.path, 'scanner.wasm')
  const require = createRequire(import.meta.url)
  const compiler = require.resolve('assemblyscript/bin/asc.js')
  execFileSync(process.execPath, [compiler, 'assembly/index.ts', ...options, '--outFile', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return `// Made from assembly/: npm test compares, UPDATE_DOCS=1 npm test rewrites.
export const scannerModule =
  '${readFileSync(file).toString('base64')}'
`
}
