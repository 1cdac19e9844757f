/** The address of the page of an alert, for people who reach the admin listener at that URL. */
export function alertUrlOf(publicUrl: string | undefined): ((id: string) => string) | undefined {
  if (publicUrl === undefined) return undefined
  const base = publicUrl.replace(/\/$/, '')
  return (id) => `${base}/alerts/${encodeURIComponent(id)}`
}
