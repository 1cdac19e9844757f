/**
 * What Slack says that it refuses (docs.slack.dev/reference/block-kit and /apis/web-api/rate-limits), as far as our
 * messages could run into it. Of blocks that we do not use nothing is known here, so they are refused.
 */
const maxBlocks = 50
const maxTextCharacters = 40_000
/** Not documented: measured by others (slackapi/bolt-js issue 2509). */
const maxBlockCharacters = 13_200

export type MessageError =
  | 'no_text'
  | 'msg_too_long'
  | 'invalid_blocks'
  | 'invalid_blocks_format'
  | 'msg_blocks_too_long'

/** Why Slack would refuse the message, if it would. */
export function messageError(body: Readonly<Record<string, unknown>>): MessageError | undefined {
  const { blocks, text } = body
  if (text !== undefined && (typeof text !== 'string' || text.length > maxTextCharacters))
    return 'msg_too_long'
  if (blocks === undefined) return text === undefined || text === '' ? 'no_text' : undefined
  if (!Array.isArray(blocks)) return 'invalid_blocks_format'
  if (blocks.length > maxBlocks || !blocks.every(isValidBlock)) return 'invalid_blocks'
  return charactersOf(blocks) > maxBlockCharacters ? 'msg_blocks_too_long' : undefined
}

function isValidBlock(block: unknown): boolean {
  if (!isRecord(block)) return false
  switch (block['type']) {
    case 'header':
      return isPlainText(block['text'], 150)
    case 'section':
      return block['fields'] === undefined
        ? isPlainText(block['text'], 3_000)
        : isList(block['fields'], 10, (field) => isPlainText(field, 2_000))
    case 'context':
      return isList(block['elements'], 10, (element) => isPlainText(element, 3_000))
    case 'rich_text':
      return isList(block['elements'], 100, isRichText)
    default:
      return false
  }
}

function isRichText(element: unknown): boolean {
  if (!isRecord(element)) return false
  const isKnown =
    element['type'] === 'rich_text_preformatted' || element['type'] === 'rich_text_section'
  return isKnown && isList(element['elements'], 1_000, isRichTextPart)
}

function isRichTextPart(part: unknown): boolean {
  if (!isRecord(part) || typeof part['text'] !== 'string' || part['text'] === '') return false
  if (part['type'] === 'text') return true
  return part['type'] === 'link' && typeof part['url'] === 'string' && URL.canParse(part['url'])
}

function isPlainText(value: unknown, maxLength: number): boolean {
  if (!isRecord(value) || value['type'] !== 'plain_text') return false
  const { text } = value
  return typeof text === 'string' && text.length > 0 && text.length <= maxLength
}

function isList(value: unknown, most: number, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length > 0 && value.length <= most && value.every(isItem)
}

function charactersOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + charactersOf(item), 0)
  if (!isRecord(value)) return 0
  return charactersOf([value['text'], value['fields'], value['elements'], value['url']])
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
