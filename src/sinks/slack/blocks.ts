import { cleanText } from '../clean-text.ts'
import { escapeMrkdwn } from './escape.ts'

interface PlainText {
  readonly type: 'plain_text'
  readonly text: string
  readonly emoji: false
}

/** The few Block Kit blocks we use. None of them interprets its text: no `mrkdwn` anywhere. */
export type Block =
  | { readonly type: 'header'; readonly text: PlainText }
  | { readonly type: 'section'; readonly text: PlainText }
  | { readonly type: 'section'; readonly fields: readonly PlainText[] }
  | { readonly type: 'context'; readonly elements: readonly PlainText[] }
  | {
      readonly type: 'rich_text'
      readonly elements: readonly {
        readonly type: 'rich_text_preformatted'
        readonly elements: readonly { readonly type: 'text'; readonly text: string }[]
      }[]
    }
  | {
      readonly type: 'rich_text'
      readonly elements: readonly {
        readonly type: 'rich_text_section'
        readonly elements: readonly {
          readonly type: 'link'
          readonly url: string
          readonly text: string
        }[]
      }[]
    }

/** What is posted, by a webhook as it is, by a bot with a channel. */
export interface SlackMessage {
  /** For notifications and screen readers; the one text that Slack interprets, so it is escaped. */
  readonly text: string
  readonly mrkdwn: false
  readonly unfurl_links: false
  readonly unfurl_media: false
  readonly blocks: readonly Block[]
}

export function slackMessage(headline: string, blocks: readonly Block[]): SlackMessage {
  return {
    text: escapeMrkdwn(cleanText(headline, 300)),
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks,
  }
}

/** Slack allows 150 characters. */
export function header(text: string): Block {
  return { type: 'header', text: plain(cleanText(text, 150)) }
}

export function paragraph(text: string): Block {
  return { type: 'section', text: plain(cleanText(text, 1000)) }
}

/** Pairs of name and value; those without a value are left out. Slack allows ten. */
export function fields(pairs: readonly (readonly [name: string, value: string])[]): Block {
  const shown = pairs.filter(([, value]) => value !== '').slice(0, 10)
  return {
    type: 'section',
    fields: shown.map(([name, value]) => plain(`${name}\n${visible(cleanText(value, 250))}`)),
  }
}

/** Lines in a box of fixed-width letters. At least one is given; cut at 2,000 characters in all, because Slack refuses messages of some 13,000. */
export function box(lines: readonly string[]): Block {
  const shown: string[] = []
  let length = 0
  for (const line of lines) {
    const clean = cleanText(line, 300)
    length += clean.length + 1
    if (length > 2_000) {
      shown.push(`and ${lines.length - shown.length} more`)
      break
    }
    shown.push(clean)
  }
  return {
    type: 'rich_text',
    elements: [
      {
        type: 'rich_text_preformatted',
        elements: [{ type: 'text', text: visible(shown.join('\n')) }],
      },
    ],
  }
}

/** To a place of ours: text and address are never content of an event. */
export function link(text: string, url: string): Block {
  return {
    type: 'rich_text',
    elements: [{ type: 'rich_text_section', elements: [{ type: 'link', url, text }] }],
  }
}

export function footnote(text: string): Block {
  return { type: 'context', elements: [plain(cleanText(text, 300))] }
}

function plain(text: string): PlainText {
  return { type: 'plain_text', text: visible(text), emoji: false }
}

/** Slack refuses an empty text object, and people overlook one. */
function visible(text: string): string {
  return text === '' ? '-' : text
}
