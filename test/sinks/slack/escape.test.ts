import { expect, it } from 'vitest'
import { escapeMrkdwn } from '../../../src/sinks/slack/escape.ts'

it('leaves no markup that Slack would obey', () => {
  expect(escapeMrkdwn('<!channel> <https://example.com|x> &amp;')).toBe(
    '&lt;!channel&gt; &lt;https://example.com|x&gt; &amp;amp;',
  )
})
