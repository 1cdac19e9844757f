export interface PodSecurityViolation {
  /** `baseline` or `restricted`. */
  readonly level: string
  /** The checks that failed, by what the API server calls them. */
  readonly checks: readonly string[]
}

const opening = /\bviolates? PodSecurity "([a-z]{1,20})(?::[^"]{0,40})?": /

/**
 * Reads `would violate PodSecurity "restricted:latest": privileged (container "a" must not …), seccompProfile (…)`, the
 * annotation or the end of a refusal's message (`pod-security-admission` `admission.go`). What stands in parentheses can hold
 * what a user chose, commas and brackets in quotes too.
 */
export function podSecurityViolationOf(text: string): PodSecurityViolation | undefined {
  const found = opening.exec(text)
  if (found === null) return undefined
  return { level: found[1] ?? '', checks: checksIn(text.slice(found.index + found[0].length)) }
}

function checksIn(text: string): readonly string[] {
  const checks: string[] = []
  let depth = 0
  let isQuoted = false
  let start = 0
  const end = (at: number): void => {
    const check = text.slice(start, at).trim()
    if (check !== '') checks.push(check)
  }
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]
    if (isQuoted) {
      if (letter === '\\') i++
      else if (letter === '"') isQuoted = false
    } else if (letter === '"') isQuoted = true
    else if (letter === '(') {
      if (depth++ === 0) end(i)
    } else if (letter === ')') {
      depth = Math.max(0, depth - 1)
      if (depth === 0) start = i + 1
    } else if (letter === ',' && depth === 0) {
      end(i)
      start = i + 1
    }
  }
  if (depth === 0) end(text.length)
  return checks
}
