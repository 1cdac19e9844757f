import { ManifestSyntaxError, type ManifestValue } from './document.ts'
import { endOfString, readJson } from './json-document.ts'
import { readYaml } from './yaml-document.ts'

/** A document of a file of manifests: its value, or why it has none. Places count from the beginning of the file. */
export type ManifestDocument =
  | {
      readonly value: ManifestValue
      readonly offset: number
      /** Where something begins that `kubectl` does not read: no line of dashes stands before it. */
      readonly unreadOffset?: number
    }
  | { readonly error: ManifestSyntaxError; readonly offset: number }

/**
 * The documents of a text as `kubectl` reads them: YAML between lines of three dashes, or JSON, one object behind the other.
 * The places in a value count from the document's `offset`.
 */
export function readDocuments(text: string): readonly ManifestDocument[] {
  const mayBeJson = /^\ufeff?\s*\{\s*["}]/.test(text)
  const found = mayBeJson ? read(splitJson(text), (part) => ({ value: readJson(part) })) : []
  // YAML too may begin with a brace and a key in quotes; what is no JSON and has dashes is YAML.
  const isYaml = !mayBeJson || (found.some((one) => 'error' in one) && /^---/m.test(text))
  return isYaml ? [...read(splitYaml(text), readYaml), ...refusedSeparators(text)] : found
}

/** `kubectl` takes nothing but a comment behind the dashes. */
function refusedSeparators(text: string): readonly ManifestDocument[] {
  return [...text.matchAll(/^---[ \t]*[^#\s]/gm)].map(({ index }) => ({
    offset: index,
    error: new ManifestSyntaxError(
      0,
      'yaml.syntax',
      'a line of three dashes can have nothing but a comment behind them',
    ),
  }))
}

function read(
  parts: readonly Part[],
  decode: (part: string) => {
    readonly value: ManifestValue
    readonly secondOffset?: number | undefined
  },
): readonly ManifestDocument[] {
  return parts.map(({ offset, part }) => {
    try {
      const { value, secondOffset } = decode(part)
      return secondOffset === undefined
        ? { offset, value }
        : { offset, value, unreadOffset: offset + secondOffset }
    } catch (error) {
      if (!(error instanceof ManifestSyntaxError)) throw error
      return { offset, error }
    }
  })
}

interface Part {
  readonly offset: number
  readonly part: string
}

/** apimachinery `pkg/util/yaml/decoder.go`, `YAMLReader`. */
function splitYaml(text: string): readonly Part[] {
  const parts: Part[] = []
  let offset = text.startsWith('\ufeff') ? 1 : 0
  for (const { 0: line, index } of text.matchAll(/^---[ \t]*(?:#.*)?\r?(?:\n|$)/gm)) {
    parts.push({ offset, part: text.slice(offset, index) })
    offset = index + line.length
  }
  parts.push({ offset, part: text.slice(offset) })
  return parts.filter(({ part }) => /^[^#\s]/m.test(part.replaceAll(/^[ \t]+/gm, '')))
}

/** Where the braces of an object are closed, the next one begins; what is no JSON is left for the reader to say. */
function splitJson(text: string): readonly Part[] {
  const parts: Part[] = []
  let [depth, start] = [0, text.startsWith('\ufeff') ? 1 : 0]
  const token = /["{}]/g
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    if (found[0] === '"') token.lastIndex = endOfString(text, found.index)
    else depth += found[0] === '{' ? 1 : -1
    if (found[0] !== '}' || depth > 0) continue
    parts.push({ offset: start, part: text.slice(start, found.index + 1) })
    start = found.index + 1
    depth = 0
  }
  const rest = text.slice(start)
  if (rest.trim() !== '') parts.push({ offset: start, part: rest })
  return parts
}
