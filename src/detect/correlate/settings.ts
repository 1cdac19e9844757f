import type { CorrelationRule } from '../../contracts.ts'

/** What a correlation counts, how late an event may come, and how much it may remember. */
export interface CorrelationSettings {
  readonly count: 'requests' | 'events'
  readonly latenessUs: number
  readonly maxKeys: number
  readonly maxBytes: number
}

export const defaultLatenessUs = 120_000_000
const defaults: CorrelationSettings = {
  count: 'requests',
  latenessUs: defaultLatenessUs,
  maxKeys: 100_000,
  maxBytes: 16 << 20,
}

/** The custom attributes of a correlation, and what is wrong with them; each that is wrong counts as absent. */
export interface ReadSettings {
  readonly settings: CorrelationSettings
  readonly problems: readonly string[]
}

/**
 * Reads `kubewitness.count` (`requests` or `events`), `lateness` (a number and s, m, h or d), `maxKeys` and `maxBytes`
 * (a number, or one with KiB, MiB or GiB) of a correlation.
 */
export function readSettings(
  { custom }: Pick<CorrelationRule, 'custom'>,
  base: Partial<CorrelationSettings> = {},
): ReadSettings {
  const problems: string[] = []
  const read = <T>(name: string, parse: (value: unknown) => T | undefined, wanted: string) => {
    const value = custom[name]
    if (value === undefined) return undefined
    const parsed = parse(value)
    if (parsed === undefined)
      problems.push(`\`kubewitness.${name}\` is ${JSON.stringify(value)}; it has to be ${wanted}`)
    return parsed
  }
  const fallback = { ...defaults, ...base }
  const settings: CorrelationSettings = {
    count: read('count', countOf, '`requests` or `events`') ?? fallback.count,
    latenessUs:
      read('lateness', durationUsOf, 'a whole number with s, m, h or d, such as `2m`') ??
      fallback.latenessUs,
    maxKeys: read('maxKeys', keysOf, 'a whole number from 1 to 10000000') ?? fallback.maxKeys,
    maxBytes:
      read('maxBytes', bytesOf, 'a whole number of bytes, KiB, MiB or GiB from 64 KiB to 4 GiB') ??
      fallback.maxBytes,
  }
  return { settings, problems }
}

function countOf(value: unknown): 'requests' | 'events' | undefined {
  return value === 'requests' || value === 'events' ? value : undefined
}

const secondsByUnit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

function durationUsOf(value: unknown): number | undefined {
  const parts = typeof value === 'string' ? /^(\d{1,9})([smhd])$/.exec(value) : null
  return parts === null ? undefined : Number(parts[1]) * secondsByUnit[parts[2]!]! * 1_000_000
}

function keysOf(value: unknown): number | undefined {
  return isWithin(value, 1, 10_000_000) ? value : undefined
}

const bytesByUnit: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }

function bytesOf(value: unknown): number | undefined {
  const parts = typeof value === 'string' ? /^(\d{1,12}) ?(KiB|MiB|GiB)$/.exec(value) : null
  const bytes = parts === null ? value : Number(parts[1]) * bytesByUnit[parts[2]!]!
  return isWithin(bytes, 2 ** 16, 2 ** 32) ? bytes : undefined
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most
}
