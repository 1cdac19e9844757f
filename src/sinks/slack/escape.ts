/** The only escaping that Slack defines. Mentions and links are made of `<` and `>`. Cut before, never after. */
export function escapeMrkdwn(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
