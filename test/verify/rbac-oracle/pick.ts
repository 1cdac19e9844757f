import type { Random } from '../../support/random.ts'

export function pick<T>(list: readonly T[], random: Random): T {
  return list[Math.floor(random() * list.length)]!
}

/** The earlier in the list, the likelier. */
export function pickOdd<T>(list: readonly T[], random: Random): T {
  return list[Math.floor(random() ** 2.5 * list.length)]!
}

/** Up to so many. */
export function some<T>(most: number, make: () => T, random: Random): T[] {
  return Array.from({ length: Math.floor(random() * (most + 1)) }, make)
}
