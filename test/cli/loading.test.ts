import { expect, it } from 'vitest'
import { loadedPackages } from '../support/loaded-packages.ts'

/** One command line, which is not to say anything. */
function run(...argv: readonly string[]): string {
  return `
    const write = () => true
    await it.runCommandLine(${JSON.stringify(argv)}, { stdout: { write }, stderr: { write } })`
}

it('a command loads what it needs itself, and no library of the service', () => {
  expect(loadedPackages('src/cli/table.ts', run('version'))).toEqual(['commander'])
  expect(loadedPackages('src/cli/table.ts', run('scan', '--help'))).toEqual([
    'commander',
    're2js',
    'yaml',
    'zod',
  ])
})
