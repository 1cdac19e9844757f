import { RE2JS } from 're2js'
import { messageOf } from '../errors.ts'

/** What `re` accepts behind it. */
export type RegexFlag = 'i' | 'm' | 's'

const maxPatternCharacters = 2000
/** A longer value is searched in its first part: time is linear, and this bounds it. */
export const maxRegexInputCharacters = 1 << 20

const flagBits: Readonly<Record<RegexFlag, number>> = {
  i: RE2JS.CASE_INSENSITIVE,
  m: RE2JS.MULTILINE,
  s: RE2JS.DOTALL,
}

/** A search anywhere in a text, in linear time. A text in place of a test says why the expression is refused. */
export function compileRegex(
  source: string,
  flags: readonly RegexFlag[],
): ((text: string) => boolean) | string {
  if (source === '') return 'an empty regular expression matches everything'
  if (source.length > maxPatternCharacters) {
    return `the regular expression has more than ${maxPatternCharacters} characters`
  }
  try {
    const regex = RE2JS.compile(
      source,
      flags.reduce((bits, flag) => bits | flagBits[flag], 0),
    )
    return (text) =>
      regex.test(
        text.length > maxRegexInputCharacters ? text.slice(0, maxRegexInputCharacters) : text,
      )
  } catch (error) {
    return `${messageOf(error)}; look-around and back-references are not supported`
  }
}
