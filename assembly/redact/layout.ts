/* Where things lie in the memory, shared with the host, which reads these as exported globals. All numbers are 32 bits wide. */

/** What names mean: a pair of slots for all of some hash, each with length, meaning and the name. Keys first, then kinds. */
export const NAMES: i32 = 1024
export const NAME_SLOTS: i32 = 4096
export const NAME_SLOT_BYTES: i32 = 64
export const NAME_START: i32 = 8
export const LONGEST_NAME: i32 = NAME_SLOT_BYTES - NAME_START
export const KINDS: i32 = NAMES + NAME_SLOTS * NAME_SLOT_BYTES
export const KIND_SLOTS: i32 = 1024

/** Of the last search: addresses. */
export const FOUND: i32 = KINDS + KIND_SLOTS * NAME_SLOT_BYTES
export const MAX_FOUND: i32 = 1024

/** The bytes to look at. There is room before and behind them, which can be read, and holds zeros. */
export const INPUT: i32 = FOUND + 4 * MAX_FOUND + 64
export const PADDING: i32 = 64

/** The numbers of a row. Places are counted as the host asked; the rows begin behind the input. */
export const ROW_BYTES: i32 = 32
export const START: i32 = 0
export const END: i32 = 4
export const KEY_START: i32 = 8
export const KEY_END: i32 = 12
export const NEXT: i32 = 16
export const FORM: i32 = 20
export const MEANING: i32 = 24
export const MARKS: i32 = 28
