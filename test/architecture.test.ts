import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

/** The import rule of docs/architecture.md: a file imports only lower ranks or its own folder. */
const ranks: Readonly<Record<string, number>> = {
  contracts: 0,
  errors: 0,
  util: 0,
  audit: 1,
  sigma: 1,
  detect: 2,
  policy: 2,
  rbac: 2,
  log: 3,
  state: 3,
  sources: 3,
  sinks: 3,
  deliver: 3,
  web: 3,
  config: 4,
  app: 5,
  cli: 6,
  main: 7,
}
const pureFolders = new Set(['contracts', 'errors', 'audit', 'sigma', 'detect', 'policy', 'rbac'])
const pureModules = new Set(['node:crypto', 'node:buffer', 'node:util'])
const source = resolve('src')

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
}

/** The folder under src, or the file's own name at the top; `util` and friends count as one folder. */
function areaOf(file: string): string {
  const first = relative(source, file).split(sep)[0]!
  return first.replace(/\.ts$/, '')
}

/** `config/load.ts:12: app/intake.ts is of a higher rank` for every import that breaks the rule. */
function brokenImports(file: string, text: string): string[] {
  const area = areaOf(file)
  const problems: string[] = []
  const lines = text.split('\n')
  for (const [index, line] of lines.entries()) {
    const specifier = /(?:^|[^.\w])(?:import|from)\s*\(?\s*'([^']+)'/.exec(line)?.[1]
    if (specifier === undefined) continue
    const place = `${relative(source, file)}:${index + 1}`
    if (!specifier.startsWith('.')) {
      if (pureFolders.has(area) && specifier.startsWith('node:') && !pureModules.has(specifier)) {
        problems.push(`${place}: ${area} is pure and may not import ${specifier}`)
      }
      continue
    }
    const target = areaOf(resolve(dirname(file), specifier))
    if (target === area) continue
    const targetRank = ranks[target]
    const ownRank = ranks[area]
    if (ownRank === undefined) problems.push(`${place}: ${area} has no rank`)
    else if (targetRank === undefined) problems.push(`${place}: ${target} has no rank`)
    else if (targetRank >= ownRank && ownRank !== 0)
      problems.push(`${place}: ${area} (rank ${ownRank}) imports ${target} (rank ${targetRank})`)
    else if (ownRank === 0 && targetRank > 0)
      problems.push(`${place}: ${area} (rank 0) imports ${target} (rank ${targetRank})`)
  }
  return problems
}

describe('the import ranks', () => {
  it('hold in every file', () => {
    const problems = sourceFiles(source).flatMap((file) =>
      brokenImports(file, readFileSync(file, 'utf8')),
    )
    expect(problems).toEqual([])
  })

  it('name the offending line', () => {
    const text =
      "import { a } from './b.ts'\nimport { c } from '../app/app.ts'\nimport { d } from 'node:fs'\n"
    expect(brokenImports(join(source, 'audit', 'x.ts'), text)).toEqual([
      'audit/x.ts:2: audit (rank 1) imports app (rank 5)',
      'audit/x.ts:3: audit is pure and may not import node:fs',
    ])
  })
})

describe('the domain', () => {
  it('reads no clock, no randomness and no environment', () => {
    const offenders = sourceFiles(source)
      .filter((file) => pureFolders.has(areaOf(file)))
      .filter((file) =>
        /Date\.now\(|Math\.random\(|process\.env|new Date\(\)/.test(readFileSync(file, 'utf8')),
      )
      .map((file) => relative(source, file))
    expect(offenders).toEqual([])
  })
})
