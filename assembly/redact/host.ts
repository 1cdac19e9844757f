/* What is asked of the host: seldom, as most names recur. Addresses of the memory. */

/** What a key means: in the lower half its roles, as bits. */
export declare function learnKey(start: i32, end: i32): i32
/** The mark of an object of a kind. */
export declare function learnKind(start: i32, end: i32): i32
