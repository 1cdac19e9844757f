const unitsUs: readonly (readonly [string, number])[] = [
  ['d', 86_400_000_000],
  ['h', 3_600_000_000],
  ['m', 60_000_000],
  ['s', 1_000_000],
]

/** `90s`, `15m`, `1h`, `2d` as microseconds; undefined for anything else. */
export function parseDurationUs(value: unknown): number | undefined {
  const [, digits, unit] = /^(\d{1,7})([smhd])$/.exec(typeof value === 'string' ? value : '') ?? []
  const unitUs = unitsUs.find(([name]) => name === unit)?.[1]
  return unitUs === undefined ? undefined : Number(digits) * unitUs
}

/** In the largest unit that gives a whole number. */
export function durationText(us: number): string {
  const [name, unitUs] = unitsUs.find(([, size]) => us % size === 0) ?? ['s', 1_000_000]
  return `${us / unitUs}${name}`
}
