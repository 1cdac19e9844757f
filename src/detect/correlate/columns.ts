type Column = Float64Array | Uint32Array | Uint16Array | Uint8Array

/** A longer copy of a column. */
export function grown<T extends Column>(old: T, length: number): T {
  // The constructor of a typed array makes another of its kind.
  const larger = new (old.constructor as new (length: number) => T)(length)
  larger.set(old)
  return larger
}

const few = 1024
const step = 65_536

/** How many rows to make room for when so many are full: little slack where there are many. */
export function nextCapacity(rows: number): number {
  if (rows < few) return Math.max(64, rows * 4)
  return rows < step ? Math.ceil(rows * 1.5) : rows + Math.max(step, rows >> 4)
}
