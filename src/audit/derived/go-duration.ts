const milliseconds: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1e3],
  ['m', 6e4],
  ['h', 3.6e6],
])

/** A duration as Go prints it (`1.452s`, `84.033µs`, `1m0.5s`) in milliseconds; undefined for other texts. */
export function durationMs(text: string): number | undefined {
  if (text.length > 40 || !/^-?(?:[0-9]+(?:\.[0-9]*)?(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text))
    return text === '0' ? 0 : undefined
  let ms = 0
  for (const [, number = '', unit = ''] of text.matchAll(/([0-9.]+)([a-zµμ]+)/g))
    ms += Number(number) * (milliseconds.get(unit) ?? 0)
  return text.startsWith('-') ? -ms : ms
}
