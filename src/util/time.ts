const rfc3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/

/** RFC 3339 text as epoch microseconds, or undefined. Digits beyond six are cut. A Date would drop the last three. */
export function parseTimeUs(text: string): number | undefined {
  const parts = rfc3339.exec(text)
  if (parts === null) return undefined
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second,
    fraction = '',
    sign,
    offsetHour = '0',
    offsetMinute = '0',
  ] = parts
  const seconds =
    Date.UTC(
      Number(year),
      Number(month) - 1,
      Number(day),
      Number(hour),
      Number(minute),
      Number(second),
    ) / 1000
  const offset = (Number(offsetHour) * 3600 + Number(offsetMinute) * 60) * (sign === '-' ? -1 : 1)
  const us = (seconds - offset) * 1_000_000 + Number(fraction.padEnd(6, '0').slice(0, 6))
  return Number.isSafeInteger(us) ? us : undefined
}

/** Epoch microseconds as RFC 3339 with six decimals, UTC. */
export function formatTimeUs(us: number): string {
  const wholeMs = Math.floor(us / 1000)
  const rest = us - wholeMs * 1000
  return `${new Date(wholeMs).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}
