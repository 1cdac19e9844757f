import { findAssignments, findHeaders, isReference } from './assignments.ts'
import type { Span } from './marker.ts'
import { isCredentialName } from './names.ts'
import { findPatterns } from './patterns.ts'

/** What the word behind a flag is: a credential, `user:password`, or a header. */
type Operand = 'credential' | 'user' | 'header'

/** Flags of one letter, which say nothing by their name. */
type Flags = Readonly<Record<string, Operand>>

const passwordByP: Flags = { '-p': 'credential' }

/** Programs whose short flags take a credential. In the first group it is glued to the flag: alone, `-p` asks for it. */
const gluedFlags: ReadonlyMap<string, Flags> = new Map([
  ...[
    'mysql',
    'mysqladmin',
    'mysqlcheck',
    'mysqldump',
    'mysqlimport',
    'mysqlshow',
    'mysqlsh',
    'mariadb',
    'mariadb-admin',
    'mariadb-dump',
  ].map((name): [string, Flags] => [name, passwordByP]),
  ['curl', { '-u': 'user', '-U': 'user', '-H': 'header' }],
  ['sshpass', passwordByP],
  ['redis-cli', { '-a': 'credential' }],
  ['7z', passwordByP],
])
const separateFlags: ReadonlyMap<string, Flags> = new Map([
  ['sshpass', passwordByP],
  // A subcommand of docker, podman, helm registry, az, …; elsewhere their `-p` is a port.
  ['login', passwordByP],
  ...['mongo', 'mongosh', 'mongodump', 'mongorestore', 'mongoexport', 'mongoimport'].map(
    (name): [string, Flags] => [name, passwordByP],
  ),
  ...['ldapsearch', 'ldapadd', 'ldapmodify', 'ldapdelete', 'ldapwhoami'].map(
    (name): [string, Flags] => [name, { '-w': 'credential' }],
  ),
  ['sqlcmd', { '-P': 'credential' }],
  ['bcp', { '-P': 'credential' }],
  ['cqlsh', passwordByP],
  ['redis-cli', { '-a': 'credential' }],
  [
    'curl',
    {
      '-u': 'user',
      '--user': 'user',
      '-U': 'user',
      '--proxy-user': 'user',
      '-H': 'header',
      '--header': 'header',
    },
  ],
  ['wget', { '--header': 'header' }],
  ['openssl', { '-pass': 'credential', '-passin': 'credential', '-passout': 'credential' }],
])

/** Quoted commands inside of quoted commands. */
const maxNesting = 3

/**
 * The parts of a command's words that are credentials, word by word. Every word keeps its shape: flags, names and what
 * is beside a credential stay. A word with white space is read as a shell would.
 */
export function findInCommand(words: readonly string[]): readonly Span[][] {
  const reader = new CommandReader()
  return words.map((word) => reader.read(word))
}

class CommandReader {
  #program = ''
  #expected: Operand | undefined
  #spans: Span[] = []

  read(word: string): Span[] {
    this.#spans = [...findPatterns(word), ...findAssignments(word, 'equals'), ...findHeaders(word)]
    // A flag's word is one thing whatever it holds; so is the operand of the flag before it.
    if (this.#expected !== undefined || word.startsWith('-') || !/\s/.test(word)) {
      this.#word(word, 0)
    } else this.#script(word, 0, word.length, 0)
    return this.#spans
  }

  #script(text: string, start: number, end: number, nesting: number): void {
    let i = start
    while (i < end) {
      const code = text.charCodeAt(i)
      if (isOperator(code)) {
        this.#program = ''
        this.#expected = undefined
        i++
        continue
      }
      if (code <= 0x20) {
        i++
        continue
      }
      const wordEnd = shellWordEnd(text, i, end)
      const isQuoted = isQuote(code) && text.charCodeAt(wordEnd - 1) === code && wordEnd - i > 1
      const from = isQuoted ? i + 1 : i
      const to = isQuoted ? wordEnd - 1 : wordEnd
      const isScript = isQuoted && this.#expected === undefined && /\s/.test(text.slice(from, to))
      if (isScript && nesting < maxNesting) this.#script(text, from, to, nesting + 1)
      else this.#word(text.slice(from, to), from)
      i = wordEnd
    }
  }

  /** One word that begins at `offset` in what is read. */
  #word(word: string, offset: number): void {
    const expected = this.#expected
    this.#expected = undefined
    // A flag behind a flag: the first had no operand.
    if (expected !== undefined && !(expected === 'credential' && /^--?[a-z]/.test(word))) {
      this.#operand(expected, word, offset)
      return
    }
    if (word.startsWith('-')) this.#flag(word, offset)
    else if (gluedFlags.has(nameOf(word)) || separateFlags.has(nameOf(word))) {
      this.#program = nameOf(word)
    }
  }

  #flag(word: string, offset: number): void {
    const [, name, equals] = /^--?([A-Za-z][A-Za-z0-9_.-]{0,63})(=?)/.exec(word) ?? []
    if (name !== undefined && equals === '=' && isCredentialName(name)) {
      this.#add(word, offset, word.indexOf('=') + 1)
      return
    }
    const separate = separateFlags.get(this.#program)?.[word]
    if (separate !== undefined) {
      this.#expected = separate
      return
    }
    const glued = gluedFlags.get(this.#program)?.[word.slice(0, 2)]
    if (glued !== undefined && word.length > 2) {
      this.#operand(glued, word.slice(2), offset + 2)
      return
    }
    if (name !== undefined && isWholeFlag(word, name) && isCredentialName(name)) {
      this.#expected = 'credential'
    }
  }

  #operand(operand: Operand, word: string, offset: number): void {
    switch (operand) {
      case 'credential':
        this.#add(word, offset, 0)
        break
      case 'user':
        if (word.includes(':')) this.#add(word, offset, word.indexOf(':') + 1)
        break
      case 'header':
        // Found in the whole text already.
        break
    }
  }

  /** The rest of a word from a place in it, without quotes around it. */
  #add(word: string, offset: number, from: number): void {
    let start = from
    let end = word.length
    if (end - start > 1 && isQuote(word.charCodeAt(start)) && word[end - 1] === word[start]) {
      start++
      end--
    }
    if (end > start && !isReference(word.slice(start, Math.min(end, start + 80)))) {
      this.#spans.push({ start: offset + start, end: offset + end })
    }
  }
}

function isWholeFlag(word: string, name: string): boolean {
  return word.length - name.length <= 2 && word.endsWith(name)
}

/** A program without its folder. */
function nameOf(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1)
}

/** White space and operators end a word of the shell, except in quotes and behind a backslash. */
function shellWordEnd(text: string, start: number, end: number): number {
  let i = start
  while (i < end) {
    const code = text.charCodeAt(i)
    if (isQuote(code)) {
      const close = text.indexOf(text[i]!, i + 1)
      if (close < 0 || close >= end) return end
      i = close + 1
    } else if (code === 0x5c) i += 2
    else if (code <= 0x20 || isOperator(code)) return i
    else i++
  }
  return end
}

function isQuote(code: number): boolean {
  return code === 0x22 || code === 0x27
}

/** Line break, `& ( ) ; |` and the backquote: another command begins. */
function isOperator(code: number): boolean {
  return (
    code === 0x0a ||
    code === 0x26 ||
    code === 0x28 ||
    code === 0x29 ||
    code === 0x3b ||
    code === 0x7c ||
    code === 0x60
  )
}
