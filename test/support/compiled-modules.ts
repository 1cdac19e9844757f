import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { createTemporaryFolder } from './temporary-folder.ts'

const options = ['-O3', '--noAssert', '--enable=simd', '--runtime=stub', '--importMemory']

/** The modules that are made from `assembly/`. */
export const modules = [
  { entry: 'assembly/index.ts', path: 'src/audit/scanner-module.ts', name: 'scannerModule' },
  {
    entry: 'assembly/redact/index.ts',
    path: 'src/audit/redact/byte-reader-module.ts',
    name: 'byteReaderModule',
  },
] as const

/** The text of the file at `path`. */
export async function compiledText({ entry, name }: (typeof modules)[number]): Promise<string> {
  await using folder = await createTemporaryFolder('scanner')
  const file = join(folder.path, 'module.wasm')
  const require = createRequire(import.meta.url)
  const compiler = require.resolve('assemblyscript/bin/asc.js')
  execFileSync(process.execPath, [compiler, entry, ...options, '--outFile', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return `// Made from assembly/: npm test compares, UPDATE_DOCS=1 npm test rewrites.
export const ${name} =
  '${readFileSync(file).toString('base64')}'
`
}
