import { KubewitnessError } from '../../errors.ts'

export type WithFiles<T> = T & { readonly files: readonly [string, ...string[]] }

/**
 * The files of a command whose `--rules` takes all that stands behind it: without another option between them the file
 * too, which is the last then. Throws `usage.invalid` when there is none.
 */
export function withTrailingFile<T extends { readonly rules: readonly string[] }>(
  files: readonly string[],
  options: T,
): WithFiles<T> {
  const [first, ...others] = files
  if (first !== undefined) return { ...options, files: [first, ...others] }
  const last = options.rules.at(-1)
  if (last !== undefined && options.rules.length > 1)
    return { ...options, rules: options.rules.slice(0, -1), files: [last] }
  throw new KubewitnessError('usage.invalid', 'no file of events was given', {
    next: 'name it last; - is standard input',
  })
}
