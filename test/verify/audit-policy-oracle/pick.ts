import type { Random } from '../../support/random.ts'

export function pick<T>(list: readonly T[], random: Random): T {
  return list[Math.floor(random() * list.length)]!
}

export function some<T>(list: readonly T[], random: Random, most = 3): T[] {
  return Array.from({ length: Math.floor(random() * (most + 1)) }, () => pick(list, random))
}

export function maybe(
  chance: number,
  random: Random,
  key: string,
  make: () => unknown,
): Record<string, unknown> {
  return random() < chance ? { [key]: make() } : {}
}
