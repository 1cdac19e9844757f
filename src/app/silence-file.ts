import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { parseYaml } from '../config/load.ts'
import { type Silence, silenceDraftSchema, silenceOf } from '../deliver/silence/silence.ts'
import { KubewitnessError, messageOf } from '../errors.ts'

const silenceFile = {
  name: 'the file of silences',
  explainedIn: 'docs/routing.md says what a silence has',
}
const fileSchema = z
  .array(silenceDraftSchema, { error: 'must be a list, each silence behind a dash' })
  .nullable()

/** The silences of a file. Throws `config.unreadable` or `config.invalid`, the latter with every problem and its line. */
export function readSilenceFile(path: string, nowMs: number): readonly Silence[] {
  const drafts = parseYaml(readText(path), path, fileSchema, silenceFile) ?? []
  return drafts.map((draft, index) => {
    const silence = silenceOf(draft, 'file', nowMs)
    if (!('problem' in silence)) return silence
    throw new KubewitnessError(
      'config.invalid',
      `the file of silences ${path}: [${index}]: ${silence.problem}`,
      { next: `correct the file; ${silenceFile.explainedIn}` },
    )
  })
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new KubewitnessError(
      'config.unreadable',
      `cannot read the file of silences ${path} (${messageOf(cause)})`,
      { cause, next: 'give an existing file as silences.path, or leave it out' },
    )
  }
}
