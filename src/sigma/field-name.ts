/** Longer names than any event has, and more keys within each other: what they would cost grows with the square. */
const maxCharacters = 512
const maxDots = 64

/** What is wrong with the name of a field. */
export function fieldNameProblem(
  name: string,
): { readonly code: string; readonly message: string } | undefined {
  const isShort = name.length <= maxCharacters && name.split('.').length <= maxDots + 1
  if (isShort) return undefined
  const message = `the field name \`${name.slice(0, 40)}…\` is too long; up to ${maxCharacters} characters and ${maxDots} dots are allowed`
  return { code: 'field.tooLong', message }
}
