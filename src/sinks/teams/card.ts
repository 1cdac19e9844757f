import type { Alert } from '../../contracts.ts'
import { cleanText } from '../clean-text.ts'
import { digestOf } from '../digest.ts'
import { factsOf, reasonLines } from '../facts.ts'
import { severities } from '../severity.ts'

/** Text that Teams does not interpret: Markdown is obeyed in a `TextBlock` and in facts, but not in a `TextRun`. */
interface TextRun {
  readonly type: 'TextRun'
  readonly text: string
  readonly weight?: 'Bolder'
  readonly size?: 'Large'
  readonly fontType?: 'Monospace'
  readonly isSubtle?: true
}

interface RichTextBlock {
  readonly type: 'RichTextBlock'
  readonly inlines: readonly TextRun[]
}

/** Body of a POST to a workflow that begins with "When a Teams webhook request is received". */
export interface TeamsMessage {
  readonly type: 'message'
  /** What notifications show. */
  readonly summary: string
  readonly attachments: readonly [
    {
      readonly contentType: 'application/vnd.microsoft.card.adaptive'
      readonly contentUrl: null
      readonly content: {
        readonly $schema: 'http://adaptivecards.io/schemas/adaptive-card.json'
        readonly type: 'AdaptiveCard'
        readonly version: '1.4'
        readonly body: readonly RichTextBlock[]
        readonly msteams: { readonly width: 'Full' }
      }
    },
  ]
}

/** Teams takes messages of about 28 KB, with what it makes of them itself. */
const maxMessageBytes = 20_000

const statusWords = { open: '', updated: 'Updated: ', closed: 'Closed: ' } as const

/** One alert as one card. */
export function alertCard(alert: Alert): TeamsMessage {
  const { level, title, name } = alert.rule
  const headline = cleanText(
    `${severities[level].mark} ${level.toUpperCase()}: ${statusWords[alert.status]}${title}`,
    200,
  )
  return fitting((maxLines) =>
    message(headline, [
      paragraph(cleanText(alert.summary, 1000)),
      ...factsOf(alert).map(([fact, value]) => pair(fact, value)),
      ...lines('Why', reasonLines(alert, maxLines)),
      footnote(cleanText(`${name} · ${alert.id}`, 300)),
    ]),
  )
}

/** Many alerts as one card. */
export function digestCard(alerts: readonly Alert[]): TeamsMessage {
  const digest = digestOf(alerts)
  return fitting((maxLines) =>
    message(`${severities[digest.worstLevel].mark} ${digest.headline}`, [
      pair('First seen', digest.firstSeen),
      pair('Last seen', digest.lastSeen),
      pair('Clusters', digest.clusters),
      ...lines('By rule', digest.byRule.slice(0, maxLines)),
      ...lines('By actor', digest.byActor.slice(0, maxLines)),
      ...lines('Most severe', digest.worst.slice(0, maxLines)),
    ]),
  )
}

/** With as many lines as there is room for. */
function fitting(make: (maxLines: number) => TeamsMessage): TeamsMessage {
  for (const maxLines of [20, 10, 5]) {
    const made = make(maxLines)
    if (Buffer.byteLength(JSON.stringify(made)) <= maxMessageBytes) return made
  }
  return make(2)
}

function message(headline: string, body: readonly RichTextBlock[]): TeamsMessage {
  const title = block({ type: 'TextRun', text: headline, weight: 'Bolder', size: 'Large' })
  return {
    type: 'message',
    summary: headline,
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [title, ...body],
          msteams: { width: 'Full' },
        },
      },
    ],
  }
}

function block(...inlines: readonly TextRun[]): RichTextBlock {
  return { type: 'RichTextBlock', inlines }
}

function paragraph(text: string): RichTextBlock {
  return block({ type: 'TextRun', text })
}

function pair(name: string, value: string): RichTextBlock {
  return block(
    { type: 'TextRun', text: `${name}: `, weight: 'Bolder' },
    { type: 'TextRun', text: value },
  )
}

function lines(name: string, texts: readonly string[]): RichTextBlock[] {
  if (texts.length === 0) return []
  return [
    block({ type: 'TextRun', text: name, weight: 'Bolder' }),
    ...texts.map((text) => block({ type: 'TextRun', text, fontType: 'Monospace' })),
  ]
}

function footnote(text: string): RichTextBlock {
  return block({ type: 'TextRun', text, isSubtle: true })
}
