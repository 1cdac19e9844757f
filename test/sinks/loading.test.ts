import { execFileSync } from 'node:child_process'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'

it('loads no client of a receiver before a sink needs it', () => {
  const program = `
    import { registerHooks } from 'node:module'
    const urls = []
    registerHooks({ resolve: (specifier, context, next) => {
      const resolved = next(specifier, context)
      urls.push(resolved.url)
      return resolved
    } })
    await import(${JSON.stringify(pathToFileURL('src/sinks/table.ts').href)})
    process.stdout.write(JSON.stringify(urls))`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  })
  const urls: string[] = JSON.parse(output)
  const packages = new Set(
    urls.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []),
  )
  expect([...packages]).toEqual(['zod'])
})
