import process from 'node:process'

/** User and system time of this process, all threads, in microseconds. */
export function cpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  )
}

/** `p50 1.2 ms, p99 8.0 ms, p99.9 12.0 ms`. */
export function latencyText(valuesMs: readonly number[]): string {
  const sorted = valuesMs.toSorted((a, b) => a - b)
  return [0.5, 0.99, 0.999]
    .map((share) => `p${share * 100} ${quantile(sorted, share).toFixed(1)} ms`)
    .join(', ')
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
