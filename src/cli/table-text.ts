/** Rows as aligned columns with a header line; cells are cleaned of control characters first. */
export function tableText(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows.map((row) => row.map(clean))]
  const widths = header.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  )
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}

/** Text of an event, safe for a terminal: no control, escape or bidirectional characters, at most 120 long. */
export function clean(text: string): string {
  const plain = text.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ')
  return plain.length > 120 ? `${plain.slice(0, 119)}…` : plain
}
