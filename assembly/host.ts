/*
 * What the scan asks of its host: seldom enough to cost little. Places are counted from the beginning of the input, and so is what it
 * is told by `note`.
 */

/** Looks at a valid value that was not met before, for the predicates on it, and gives its hash. */
export declare function learn(which: i32, start: i32, end: i32, stop: i32): i32
/** Looks at the name and the groups of a user. */
export declare function username(start: i32, stop: i32): void
export declare function groups(start: i32, stop: i32): void
/** The bit of an annotation key; all bits when the bytes do not tell. */
export declare function annotationBit(start: i32, end: i32): i32
/** Epoch microseconds of `2026-01-01T00:00`; negative when it is no minute. */
export declare function minuteUs(start: i32): f64
