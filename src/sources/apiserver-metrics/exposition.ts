/** One line of the Prometheus text format (version 0.0.4). */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** As written: NaN and infinities are numbers as well. */
  readonly value: number
}

/** Takes a text in pieces and keeps the samples that are asked for: of an API server's megabytes, a few lines. */
export interface ExpositionReader {
  push(text: string): void
  end(): readonly Sample[]
}

/** A line that is longer is passed over: none of ours is. */
const maxLineLength = 16 * 1024
const maxSamples = 1000

export function createExpositionReader(wanted: ReadonlySet<string>): ExpositionReader {
  const samples: Sample[] = []
  let rest = ''
  let isTooLong = false
  const take = (line: string): void => {
    const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0] ?? ''
    if (!wanted.has(name) || samples.length === maxSamples) return
    const sample = parseSample(line, name)
    if (sample !== undefined) samples.push(sample)
  }
  return {
    push: (text) => {
      const lines = text.split('\n')
      const last = lines.pop() ?? ''
      for (const line of lines) {
        if (!isTooLong && rest.length + line.length <= maxLineLength) take(rest + line)
        rest = ''
        isTooLong = false
      }
      isTooLong ||= rest.length + last.length > maxLineLength
      rest = isTooLong ? '' : rest + last
    },
    end: () => {
      if (!isTooLong) take(rest)
      return samples
    },
  }
}

const label = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|(?=\}))/y
const valueAndTime = /^\s+(\S+)(?:\s+-?\d+)?\s*$/

/** `name{label="value",…} value [time]`. Undefined when it is none. */
function parseSample(line: string, name: string): Sample | undefined {
  const labels: Record<string, string> = {}
  let end = name.length
  if (line[end] === '{') {
    end += 1
    for (;;) {
      label.lastIndex = end
      const found = label.exec(line)
      if (found === null) break
      labels[found[1]!] = found[2]!.replaceAll(/\\(.)/g, (_, letter: string) =>
        letter === 'n' ? '\n' : letter,
      )
      end = label.lastIndex
    }
    if (line[end] !== '}') return undefined
    end += 1
  }
  const text = valueAndTime.exec(line.slice(end))?.[1]
  const value = text === undefined ? undefined : numberOf(text)
  return value === undefined ? undefined : { name, labels, value }
}

function numberOf(text: string): number | undefined {
  if (/^[+-]?Inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (/^NaN$/i.test(text)) return Number.NaN
  const value = Number(text)
  return Number.isNaN(value) ? undefined : value
}
