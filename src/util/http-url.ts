/** An http or https URL without user name and password, which would be shown wherever the address is; undefined for any other text. */
export function parseHttpUrl(text: string): URL | undefined {
  const url = URL.parse(text)
  const isPlain = url !== null && url.username === '' && url.password === ''
  return isPlain && /^https?:$/.test(url.protocol) ? url : undefined
}
