import { execFileSync } from 'node:child_process'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

/** The packages that a process loads which imports a file of `src` and runs some code with it, as `it`. */
export function loadedPackages(file: string, code = ''): readonly string[] {
  const program = `
    import { registerHooks } from 'node:module'
    const urls = []
    registerHooks({ resolve: (specifier, context, next) => {
      const resolved = next(specifier, context)
      urls.push(resolved.url)
      return resolved
    } })
    const it = await import(${JSON.stringify(pathToFileURL(file).href)})
    ${code}
    process.stdout.write(JSON.stringify(urls))`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  })
  const urls: string[] = JSON.parse(output)
  const packages = urls.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? [])
  return [...new Set(packages)].toSorted()
}
