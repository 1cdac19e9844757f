/** Seeded randomness, so that a failing run can be repeated: numbers in [0, 1), and whole 32-bit words. */
export interface Random {
  (): number
  word(): number
}

/** The generator sfc32, seeded by any count of 32-bit numbers. The same seeds give the same sequence on every machine. */
export function createRandom(...seeds: readonly number[]): Random {
  let a = 0x9e3779b9 | 0
  let b = 0x243f6a88 | 0
  let c = 0xb7e15162 | 0
  let counter = 1
  const word = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (const seed of seeds) {
    a ^= seed
    b ^= Math.floor(seed / 0x1_0000_0000)
    // Neighbouring seeds differ in a bit or two: a dozen rounds spread that over the whole state.
    for (let round = 0; round < 12; round++) word()
  }
  return Object.assign(() => word() / 0x1_0000_0000, { word })
}
