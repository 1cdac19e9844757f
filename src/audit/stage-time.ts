import { parseTimeUs } from '../util/time.ts'

/** `"2026-01-01T00:00:00.000000Z"` as every API server writes it, quotes included. */
export const stampBytes = 29
const maxSeconds = 0xffffffff

/** Reads times from bytes. Those of one batch share the minute, which is parsed once. */
export class StageTimes {
  readonly #minute = new Int32Array(4)
  /** Of no minute yet. */
  #minuteUs = -1

  /** Epoch microseconds of the text whose opening quote is at `i`; 0 when it is written in another way, or not of 1970 to 2106. */
  read(view: DataView, i: number, stop: number): number {
    if (i + stampBytes > stop) return 0
    const isStamp =
      view.getUint8(i) === 0x22 &&
      view.getUint8(i + 17) === 0x3a &&
      view.getUint8(i + 20) === 0x2e &&
      view.getUint8(i + 27) === 0x5a &&
      view.getUint8(i + 28) === 0x22
    if (!isStamp) return 0
    const seconds = number(view, i + 18, 2)
    const fraction = number(view, i + 21, 6)
    const minuteUs = this.#minuteAt(view, i + 1)
    if (seconds < 0 || fraction < 0 || minuteUs < 0) return 0
    const timeUs = minuteUs + seconds * 1_000_000 + fraction
    return timeUs < maxSeconds * 1_000_000 ? timeUs : 0
  }

  /** Negative when it is not one. */
  #minuteAt(view: DataView, i: number): number {
    const minute = this.#minute
    let isSame = true
    for (let word = 0; word < 4; word++) {
      const bytes = view.getInt32(i + 4 * word, true)
      if (minute[word] === bytes) continue
      minute[word] = bytes
      isSame = false
    }
    if (!isSame) {
      const text = Buffer.from(minute.buffer).toString('latin1')
      this.#minuteUs = parseTimeUs(`${text}:00Z`) ?? -1
    }
    return this.#minuteUs
  }
}

/** The decimal number of so many digits; negative when they are none. */
function number(view: DataView, start: number, digits: number): number {
  let value = 0
  for (let i = start; i < start + digits; i++) {
    const digit = view.getUint8(i) - 0x30
    if (digit < 0 || digit > 9) return -1
    value = 10 * value + digit
  }
  return value
}
