import type { Labels, MetricName } from '../contracts.ts'

type Gauge = (name: MetricName, value: number, labels: Labels) => void

/** Gauges that the partitions of a process have in common: what is shown is their sum. */
export interface PartitionGauges {
  of(partition: number): Gauge
  /** The partition counts no more. */
  forget(partition: number): void
}

interface Measured {
  readonly name: MetricName
  readonly labels: Labels
  readonly values: Map<number, number>
}

export function createPartitionGauges(gauge: Gauge): PartitionGauges {
  const measured = new Map<string, Measured>()
  const show = ({ name, labels, values }: Measured): void => {
    let sum = 0
    for (const value of values.values()) sum += value
    gauge(name, sum, labels)
  }
  return {
    of: (partition) => (name, value, labels) => {
      const key = `${name} ${Object.values(labels).join(' ')}`
      const one = measured.get(key) ?? { name, labels, values: new Map<number, number>() }
      measured.set(key, one)
      one.values.set(partition, value)
      show(one)
    },
    forget: (partition) => {
      for (const one of measured.values()) if (one.values.delete(partition)) show(one)
    },
  }
}
