import { isCredentialName, isCredentialVariable } from './credential-names.ts'
import { isMarker, type Marker } from './marker.ts'
import { redactPatterns } from './patterns.ts'

/** Programs that take a password glued to `-p`. Elsewhere `-p…` is a port, a path or a process. */
const gluedPassword = /(?:^|[/\s])(?:mysql\w*|mariadb[\w-]*|sshpass|mongo\w*|7z\w*|ldap\w+)(?:\s|$)/
/** Flags whose next word is a credential, whatever the program. */
const valueFollows = /^--?[A-Za-z][\w.-]{0,60}$/

/** Words of a command: each keeps its shape, and only its credential parts are replaced. */
export function redactWords(words: readonly string[], marker: Marker): string[] {
  const line = words.join(' ')
  const hasGluedPassword = gluedPassword.test(line.slice(0, 2000))
  let isValue = false
  return words.map((word) => {
    const expectsValue = isValue
    isValue = valueFollows.test(word) && isCredentialName(flagName(word))
    if (expectsValue && !word.startsWith('-')) return hide(word, marker)
    return redactWord(word, hasGluedPassword, marker)
  })
}

function redactWord(word: string, hasGluedPassword: boolean, marker: Marker): string {
  // A shell line in one word has words of its own.
  if (/\s/.test(word)) return redactShellLine(word, marker)
  const glued = hasGluedPassword ? /^-p(.{3,})$/.exec(word) : null
  if (glued?.[1] !== undefined) return `-p${hide(glued[1], marker)}`
  const pair = /^(-{0,2}[A-Za-z_][\w.-]{0,100})=(.+)$/s.exec(word)
  if (pair?.[1] !== undefined && pair[2] !== undefined && isCredentialVariable(flagName(pair[1]))) {
    return `${pair[1]}=${hide(pair[2], marker)}`
  }
  return redactPatterns(word, marker)
}

function redactShellLine(line: string, marker: Marker): string {
  const clean = redactPatterns(line, marker)
  const parts = clean.split(/(\s+)/)
  const words = redactWords(
    parts.filter((_, index) => index % 2 === 0),
    marker,
  )
  return parts.map((part, index) => (index % 2 === 0 ? words[index / 2] : part)).join('')
}

function hide(value: string, marker: Marker): string {
  const quoted = /^(["'])(.*)\1$/s.exec(value)
  if (quoted?.[2] !== undefined) return `${quoted[1]}${hide(quoted[2], marker)}${quoted[1]}`
  // A variable that the shell fills in is not the secret.
  if (/^\$[({]?\w+[)}]?$/.test(value) || isMarker(value)) return value
  return marker.bare(value, 'command')
}

function flagName(word: string): string {
  return word.replace(/^-+/, '')
}
