import { nearest } from '../util/nearest.ts'

/** What to say of a name that nothing has: which was meant, if it is a slip, and which there are. */
export function unknownName(kind: string, name: string, known: readonly string[]): string {
  const meant = nearest(name, known)
  const advice = meant === undefined ? '' : ` did you mean \`${meant}\`?`
  return `there is no ${kind} \`${name}\`;${advice} there are: ${known.join(', ')}`
}
