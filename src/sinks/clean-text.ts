/**
 * One line of text without anything invisible: controls and white space of any kind become one space; format
 * characters (bidirectional overrides, zero-width characters, tags) go. At most `maxLength` UTF-16 units.
 */
export function cleanText(text: string, maxLength: number): string {
  // The slice bounds the work on hostile lengths; that something was cut off must show even if nothing visible is left.
  const start = text.slice(0, maxLength * 4)
  const clean = start
    .toWellFormed()
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
  return clean.length > maxLength || start.length < text.length ? cutText(clean, maxLength) : clean
}

/** Cuts between characters, never inside a surrogate pair, and shows that it did. */
function cutText(text: string, maxLength: number): string {
  const cut = text.slice(0, maxLength - 1)
  const last = cut.charCodeAt(cut.length - 1)
  const isHalf = last >= 0xd800 && last <= 0xdbff
  return `${isHalf ? cut.slice(0, -1) : cut}…`
}
