/** All texts that are this one, or begin with it. Case is ignored: texts are folded when they come in. */
export interface TextPattern {
  readonly text: string
  readonly isPrefix: boolean
}

/** The texts that fit one of `include` and none of `exclude`. */
export interface TextSet {
  readonly include: readonly TextPattern[]
  readonly exclude: readonly TextPattern[]
}

export const anyText: TextSet = { include: [{ text: '', isPrefix: true }], exclude: [] }

export function exactly(...texts: readonly string[]): TextSet {
  return { include: texts.map(exact), exclude: [] }
}

export function exact(text: string): TextPattern {
  return { text: text.toLowerCase(), isPrefix: false }
}

export function prefix(text: string): TextPattern {
  return { text: text.toLowerCase(), isPrefix: true }
}

export function isAnyText({ include, exclude }: TextSet): boolean {
  return exclude.length === 0 && include.some(({ text, isPrefix }) => isPrefix && text === '')
}

export function intersectTexts(a: TextSet, b: TextSet): TextSet {
  if (isAnyText(a)) return b
  if (isAnyText(b)) return a
  const exclude = [...a.exclude, ...b.exclude]
  const include = a.include
    .flatMap((one) => b.include.flatMap((other) => narrower(one, other)))
    .filter((pattern) => !exclude.some((out) => covers(out, pattern)))
  // What nothing included holds needs no exclusion.
  return {
    include,
    exclude: exclude.filter((out) => include.some((pattern) => covers(pattern, out))),
  }
}

export function withoutTexts(
  { include, exclude }: TextSet,
  removed: readonly TextPattern[],
): TextSet {
  return {
    include: include.filter((pattern) => !removed.some((out) => covers(out, pattern))),
    exclude: [...exclude, ...removed],
  }
}

/** Nothing fits. Texts are endless: a prefix is used up only by an equal or a shorter one. */
export function hasNoText({ include, exclude }: TextSet): boolean {
  return include.every((pattern) => exclude.some((out) => covers(out, pattern)))
}

/** The texts, if there are only so many. */
export function textsOf({ include }: TextSet): readonly string[] | undefined {
  return include.some(({ isPrefix }) => isPrefix) ? undefined : include.map(({ text }) => text)
}

function narrower(a: TextPattern, b: TextPattern): readonly TextPattern[] {
  if (covers(a, b)) return [b]
  return covers(b, a) ? [a] : []
}

function covers(wide: TextPattern, narrow: TextPattern): boolean {
  if (wide.isPrefix) return narrow.text.startsWith(wide.text)
  return !narrow.isPrefix && narrow.text === wide.text
}

export function holdsText({ include, exclude }: TextSet, text: string): boolean {
  const folded = text.toLowerCase()
  const fits = (wide: TextPattern): boolean =>
    wide.isPrefix ? folded.startsWith(wide.text) : folded === wide.text
  return include.some(fits) && !exclude.some(fits)
}
