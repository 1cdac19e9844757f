import { type AccessReviewSpec, parseAccessReview } from '../audit/access-review.ts'
import { KubewitnessError, messageOf } from '../errors.ts'
import { openInput } from '../sources/file/open-input.ts'
import { type CliContext, write } from './context.ts'
import { clean } from './table-text.ts'

/** A request of a file, and its line from 1. */
export interface RequestLine {
  readonly line: number
  readonly spec: AccessReviewSpec
}

const maxLineCharacters = 1 << 20

/**
 * The requests of a file (`-` is standard input), each line the spec of a `SubjectAccessReview`; empty lines are passed over.
 * Fields that no review has are named once on standard error. Throws `requests.invalid` at the first line that is no request.
 */
export async function* readRequests(
  path: string,
  context: CliContext,
): AsyncGenerator<RequestLine, void, undefined> {
  const file = path === '-' ? 'standard input' : path
  const told = new Set<string>()
  for await (const { line, text } of linesOf(openInput(path, { stdin: context.stdin }), file)) {
    const { spec, unknownFields } = parseRequest(text, `${file}:${line}`)
    for (const field of unknownFields.filter((name) => !told.has(name))) {
      told.add(field)
      await write(
        context.stderr,
        `${file}:${line}: warning: an access review has no field ${clean(field)}; it is dropped\n`,
      )
    }
    yield { line, spec }
  }
}

/** A request as JSON. `place` begins the message of the `requests.invalid` that is thrown when it is none. */
export function parseRequest(
  text: string,
  place: string,
): Exclude<ReturnType<typeof parseAccessReview>, { readonly wrong: string }> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw invalid(place, `no JSON: ${clean(messageOf(error))}`)
  }
  const parsed = parseAccessReview(value)
  if ('wrong' in parsed) throw invalid(place, parsed.wrong)
  return parsed
}

function invalid(place: string, why: string): KubewitnessError {
  return new KubewitnessError('requests.invalid', `${place}: ${why}`, {
    next: 'give the spec of a SubjectAccessReview on one line, such as {"user": "alice", "groups": ["system:authenticated"], "resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "shop"}}',
  })
}

async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<{ readonly line: number; readonly text: string }> {
  const decoder = new TextDecoder()
  let line = 0
  let rest = ''
  const checked = (text: string): string => {
    if (text.length > maxLineCharacters)
      throw invalid(`${file}:${line + 1}`, `longer than ${maxLineCharacters} characters`)
    return text
  }
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const text of lines) {
      checked(text)
      line += 1
      if (text.trim() !== '') yield { line, text }
    }
    checked(rest)
  }
  rest += decoder.decode()
  if (rest.trim() !== '') yield { line: line + 1, text: checked(rest) }
}
