/** DEL and C1 controls, invisible and direction-changing characters, line and paragraph separators. */
const unseen = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

/** The text with what a reader would not see, or a viewer would obey, as in JSON: `\u202e`. */
export function visibleText(text: string): string {
  return text.replace(
    unseen,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
