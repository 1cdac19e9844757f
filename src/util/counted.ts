/** `1 event`, `2 events`: of a thing whose plural ends with an s. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}
