import { foldCase } from './fold.ts'
import type { RegexFlag } from './regex.ts'

const quantifier = /\{\d+(?:,\d*)?\}/y
const leadingFlags = /^\(\?[a-z]+\)/i
/** A quantifier behind flags repeats what stands before them. */
const laterFlags = /\(\?(?!:)/
const plain = /[\w/:=%@ ,~"'<>#&;!`-]/
/** Letters that are also another letter's small or capital form, outside of ASCII, where case is ignored. */
const ambiguous = /[ks]/i

/**
 * The longest text that stands in every text in which the expression is found, folded; undefined when none is known.
 * Only what stands outside of groups and classes is looked at.
 */
export function requiredLiteral(whole: string, flags: readonly RegexFlag[]): string | undefined {
  const source = whole.replace(leadingFlags, '')
  if (laterFlags.test(source)) return undefined
  const ignoresCase = flags.includes('i') || source !== whole
  const runs: string[] = []
  let run = ''
  let depth = 0
  const endRun = (): void => {
    if (run !== '') runs.push(run)
    run = ''
  }
  for (let i = 0; i < source.length; i++) {
    const character = source.charAt(i)
    if (character === '[') {
      i = classEnd(source, i)
      if (i < 0) return undefined
      endRun()
    } else if (character === '(' || character === ')') {
      depth += character === '(' ? 1 : -1
      endRun()
    } else if (character === '{') {
      quantifier.lastIndex = i
      if (!quantifier.test(source)) return undefined
      i = quantifier.lastIndex - 1
      run = run.slice(0, -1)
      endRun()
    } else if (character === '\\') {
      i += 1
      // Classes, anchors and codes are letters and digits; `\Q` would quote what follows.
      if (/[\w]/.test(source.charAt(i)) || source.charAt(i) > '\x7e') {
        if (source.charAt(i) === 'Q' || /[pPx0-7]/.test(source.charAt(i))) return undefined
        endRun()
      } else if (depth === 0) run += source.charAt(i)
    } else if (depth > 0) continue
    else if (character === '|') return undefined
    else if (character === '*' || character === '?') {
      run = run.slice(0, -1)
      endRun()
    } else if (plain.test(character) && !(ignoresCase && ambiguous.test(character)))
      run += character
    else endRun()
  }
  endRun()
  const longest = runs.reduce((best, each) => (each.length > best.length ? each : best), '')
  return longest === '' ? undefined : foldCase(longest)
}

/** The closing bracket of a class without another class in it; -1 when it is not so simple. */
function classEnd(source: string, start: number): number {
  const first = source.charAt(start + 1) === '^' ? start + 2 : start + 1
  for (let i = first; i < source.length; i++) {
    const character = source.charAt(i)
    if (character === '[' || (character === ']' && i === first)) return -1
    if (character === ']') return i
    if (character === '\\') i += 1
  }
  return -1
}
