import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { has, isRoot } from './child.ts'

const run = promisify(execFile)

/** Official files of a server, as a Maven project names them; their version is that of its first dependency. */
export interface Artifacts {
  readonly name: string
  readonly pomFile: string
  /** Goals of Maven that put the files into the folder `into`. */
  readonly goals: (into: string) => readonly string[]
}

/** Where the files are, once they have been fetched; undefined until then. Fetches nothing. */
export function fetchedFolder(artifacts: Artifacts): string | undefined {
  const folder = folderOf(artifacts)
  return existsSync(folder) ? folder : undefined
}

/** Fetches what is not there yet. The folder appears when it is whole, also beside others that fetch the same. */
export async function fetchArtifacts(artifacts: Artifacts): Promise<string> {
  const folder = folderOf(artifacts)
  if (existsSync(folder)) return folder
  if (!has('mvn'))
    throw new Error(`there is no mvn, which fetches ${artifacts.name}; install Maven`)
  const partial = `${folder}.tmp-${process.pid}`
  await mkdir(partial, { recursive: true })
  try {
    await run('mvn', ['-B', '-q', '-f', artifacts.pomFile, ...artifacts.goals(partial)])
    await rename(partial, folder)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

/** The Java that servers run with: its home. Undefined when there is none, or one before 17. */
export async function javaHome(): Promise<string | undefined> {
  const { stderr } = await run('java', ['-XshowSettings:properties', '-version']).catch(() => ({
    stderr: '',
  }))
  const version = Number(/java\.specification\.version = (\d+)/.exec(stderr)?.[1] ?? 0)
  return version >= 17 ? /java\.home = (.+)/.exec(stderr)?.[1] : undefined
}

function folderOf({ name, pomFile }: Artifacts): string {
  const version = /<dependency>[\s\S]*?<version>([^<]+)</.exec(readFileSync(pomFile, 'utf8'))?.[1]
  // Servers that may not be root run as somebody else, who cannot look into root's home.
  const cache = isRoot() ? '/var/cache' : join(homedir(), '.cache')
  return join(cache, 'kubewitness', `${name}-${version}`)
}
