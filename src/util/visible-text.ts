/** Controls, invisible and direction-changing characters, line and paragraph separators. */
const unseen =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

/** The text, on one line, with what a reader would not see, or a viewer would obey, as in JSON: `\u202e`. JSON stays the same JSON. */
export function visibleText(text: string): string {
  return text.replace(unseen, escaped)
}

/** `visibleText` of each line. */
export function visibleLines(text: string): string {
  return text.replace(unseen, (character) => (character === '\n' ? character : escaped(character)))
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
