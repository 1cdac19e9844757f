/*
 * Where things lie in the memory, shared with the host, which reads these as exported globals. All numbers are little-endian, 32
 * bits wide where nothing else is said.
 */

/** What the host tells once: see `configuration` there. */
export const CONFIGURATION: i32 = 1024
export const AUDIT_ID_BIT: i32 = CONFIGURATION
export const OVERSIZED_BIT: i32 = CONFIGURATION + 4
export const REASON_BITS: i32 = CONFIGURATION + 8
export const EVERY_BIT: i32 = CONFIGURATION + 12
export const LONG_URI: i32 = CONFIGURATION + 16
export const LONG_AGENT: i32 = CONFIGURATION + 20
/** The predicates on each of the values that recur. */
export const RECURRING_BITS: i32 = CONFIGURATION + 24
/** The form of an audit id: 36 bytes, and which of their bits count. */
export const AUDIT_ID_BYTES: i32 = 36
export const AUDIT_ID_FORM: i32 = CONFIGURATION + 64
export const AUDIT_ID_MASK: i32 = CONFIGURATION + 128

/** What the scan of one item has found, in the order of the columns; then what is no column. */
export const RESULT: i32 = 2048
export const COLUMNS: i32 = RESULT
export const TEXTS: i32 = COLUMNS + 4 * 8
export const ANNOTATION_KEYS: i32 = TEXTS + 4 * 5
export const CERTAINLY_TRUE: i32 = ANNOTATION_KEYS + 4
export const CERTAINLY_FALSE: i32 = CERTAINLY_TRUE + 4
export const URI_START: i32 = CERTAINLY_FALSE + 4
export const URI_END: i32 = URI_START + 4
export const CLIENT: i32 = URI_END + 4
export const AGENT: i32 = CLIENT + 4
export const FIRST_USER: i32 = AGENT + 4
export const FIRST_REASON: i32 = FIRST_USER + 4
/** Of these and of the bounds of the item there is a column each. */
export const RESULT_CELLS: i32 = 22
export const CELL_COLUMNS: i32 = RESULT_CELLS + 2

/** By part: where its value begins and ends. */
export const PARTS: i32 = 20
export const PART_STARTS: i32 = RESULT + 96
export const PART_ENDS: i32 = PART_STARTS + 4 * PARTS
export const RESULT_END: i32 = PART_ENDS + 4 * PARTS

/** The tables of keys, by the host. */
export const TABLES: i32 = 4096

/** Values that recurred: what is known of each, then their bytes. */
export const MEMOS: i32 = 0x8000
export const MEMO_SLOTS: i32 = 256
export const MEMO_SLOT_BYTES: i32 = 48
export const MEMO_VALUES: i32 = MEMOS + 4 * MEMO_SLOTS * MEMO_SLOT_BYTES
export const MEMO_BYTES: i32 = 1024

/** Of the items of a run, columns of so many rows. */
export const ROWS: i32 = 512
export const CELLS: i32 = MEMO_VALUES + 4 * MEMO_SLOTS * MEMO_BYTES
export const TIMES: i32 = CELLS + 4 * ROWS * CELL_COLUMNS
export const BODIES: i32 = TIMES + 8 * ROWS
/** Row by row. */
export const ALL_PART_STARTS: i32 = BODIES + ROWS
export const ALL_PART_ENDS: i32 = ALL_PART_STARTS + 4 * PARTS * ROWS

/** The bytes to scan. */
export const INPUT: i32 = ALL_PART_ENDS + 4 * PARTS * ROWS
/** That can be read behind the input. */
export const PADDING: i32 = 64
